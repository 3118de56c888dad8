import { badInput, Refusal } from '../../kernel/errors.js';
import { OVERRIDE_STATUSES, type OverrideStatus } from '../../presence/presence.types.js';

/** The choices that REST has a word for. */
export const CHOICES = ['ONLINE', 'IDLE', 'DO_NOT_DISTURB'] as const;
export type Choice = (typeof CHOICES)[number];

export function checkIdList(list: unknown, what: string): string[] {
  if (typeof list !== 'string' || list === '') throw badInput(`${what} is a list of ids, separated by commas`);
  return list.split(',');
}

/** Null where it is absent or empty: clients that build queries from forms send empty ones. */
export function checkOptional(value: unknown, what: string): string | null {
  if (value === undefined || value === '') return null;
  if (typeof value !== 'string') throw badInput(`${what} is given once`);
  return value;
}

export function checkFlag(value: unknown, what: string): boolean {
  const text = checkOptional(value, what);
  if (text !== null && text !== 'true' && text !== 'false') throw badInput(`${what} is true or false`);
  return text === 'true';
}

/** Null: nothing to change. */
export function checkShowLastSeen(body: unknown): boolean | null {
  const { show_last_seen: shown = null } = objectOf(body);
  if (shown !== null && typeof shown !== 'boolean') throw badInput('show_last_seen is true or false');
  return shown;
}

export function checkCustomStatusBody(body: unknown): Choice {
  const { customStatus } = objectOf(body);
  const choice = CHOICES.find((one) => one === customStatus);
  if (!choice) throw new Refusal('INVALID_STATUS', `customStatus is one of ${CHOICES.join(', ')}`);
  return choice;
}

export function checkOverride(body: unknown): { status: OverrideStatus; updateLastActive: boolean } {
  const { status: given, updateLastActive = null } = objectOf(body);
  const status = OVERRIDE_STATUSES.find((one) => one === given);
  if (!status) throw new Refusal('INVALID_STATUS', `status is one of ${OVERRIDE_STATUSES.join(', ')}`);
  if (updateLastActive !== null && typeof updateLastActive !== 'boolean') {
    throw badInput('updateLastActive is true or false');
  }
  return { status, updateLastActive: updateLastActive ?? false };
}

function objectOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw badInput('The body is not a JSON object');
  return { ...body };
}
