import type { ApiBodyOptions } from '@nestjs/swagger';

import { OVERRIDE_STATUSES } from '../../presence/presence.types.js';
import { STATUS_WORDS } from '../words.js';
import { CHOICES } from './rest.input.js';

/*
 * The bodies of the REST API, for its OpenAPI document. Answers have exactly these fields.
 */

export type Schema = Extract<ApiBodyOptions, { schema: unknown }>['schema'];
type Fields = Readonly<Record<string, Schema>>;

const ID: Schema = { type: 'string', pattern: '^[A-Za-z0-9_.@-]{1,128}$' };
const TIME: Schema = { type: 'string', format: 'date-time' };
const TRUE: Schema = { type: 'boolean', enum: [true] };
const WORD: Schema = { type: 'string', enum: Object.values(STATUS_WORDS) };
const TEXT: Schema = { type: 'string' };

/** All fields are there, but for the optional ones. */
const object = (fields: Fields, optional: Fields = {}): Schema => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(fields),
  properties: { ...fields, ...optional },
});
const list = (items: Schema): Schema => ({ type: 'array', items });
const input = (fields: Fields, required: string[] = []): Schema => ({
  type: 'object',
  // The standard wants one name at least.
  ...(required.length > 0 && { required }),
  properties: fields,
});

const STATUS = object(
  { user_id: ID, status: WORD, is_online: { type: 'boolean' } },
  { last_seen: { ...TIME, description: 'Left out where the user does not let the caller know it.' } },
);
const LISTED = object({ id: ID, name: TEXT, username: TEXT, avatar: { type: 'string', nullable: true }, status: WORD });
const REJECTION = object({ line: { type: 'integer', minimum: 1 }, message: TEXT });

export const STATUS_ANSWER = object({ success: TRUE, data: STATUS });
export const STATUSES_ANSWER = object({ success: TRUE, data: list(STATUS), not_found: list(ID) });
export const PRIVACY_ANSWER = object({
  success: TRUE,
  data: object({ user_id: ID, show_last_seen: { type: 'boolean' } }),
});
export const ONLINE_USERS_ANSWER = object(
  { success: TRUE, count: { type: 'integer', minimum: 0 }, timestamp: TIME },
  { data: list(LISTED) },
);
export const ONLINE_NAMES_ANSWER = object({ online_users: list(object({ id: ID, username: TEXT })) });
export const CUSTOM_STATUS_ANSWER = object({
  success: TRUE,
  customStatus: { type: 'string', enum: [...CHOICES] },
  status: { type: 'string', enum: Object.keys(STATUS_WORDS), description: 'As others are shown it now.' },
});
export const CUSTOM_STATUS_OF_ANSWER = object({ customStatus: { type: 'string', enum: [...CHOICES, 'INVISIBLE'] } });
export const DONE_ANSWER = object({ success: TRUE });
export const IMPORT_ANSWER = object({
  success: TRUE,
  imported: { type: 'integer', minimum: 0 },
  rejected: list(REJECTION),
});
export const ERROR_ANSWER = object({
  success: { type: 'boolean', enum: [false] },
  error: object({ code: TEXT, message: TEXT }),
});

export const PRIVACY_BODY = input({ show_last_seen: { type: 'boolean', nullable: true } });
export const CUSTOM_STATUS_BODY = input({ customStatus: { type: 'string', enum: [...CHOICES] } }, ['customStatus']);
export const OVERRIDE_BODY = input(
  {
    status: { type: 'string', enum: [...OVERRIDE_STATUSES] },
    updateLastActive: { type: 'boolean', nullable: true },
  },
  ['status'],
);
export const PROFILE_BODY = input(
  {
    username: { type: 'string', minLength: 1, maxLength: 64 },
    displayName: { type: 'string', minLength: 1, maxLength: 128 },
    avatarUrl: { type: 'string', format: 'uri', maxLength: 2048, nullable: true },
  },
  ['username', 'displayName'],
);
