import { z } from 'zod';

import { badInput } from '../errors.js';
import { isId } from '../input.js';
import type { Contact, Membership } from './directory.repository.js';
import type { User } from './directory.types.js';

const USERNAME_MAX = 64;
const DISPLAY_NAME_MAX = 128;
const AVATAR_URL_MAX = 2048;

// What a terminal, a log or Postgres cannot take in a name: control characters, and half of a surrogate pair.
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

const id = z.custom<string>(isId, 'is not a valid id');
const name = (max: number) =>
  z
    .string('must be a text')
    .refine(
      (text) => text.length > 0 && [...text.slice(0, 2 * max + 1)].length <= max,
      `must have 1 to ${max} characters`,
    )
    .refine((text) => !UNPRINTABLE.test(text), 'must not hold control characters');
const avatarUrl = z
  .string('must be a text')
  .max(AVATAR_URL_MAX, `must have at most ${AVATAR_URL_MAX} characters`)
  .refine(isHttps, 'must be an https URL')
  .nullish()
  .transform((url) => url ?? null);

const profile = { username: name(USERNAME_MAX), displayName: name(DISPLAY_NAME_MAX), avatarUrl };
const profileBody = z.object(profile, 'must be a JSON object');

const line = z.union(
  [
    z.strictObject({ user: z.object({ id, ...profile }) }),
    z.strictObject({ contact: z.object({ userId: id, contactId: id }) }),
    z.strictObject({ member: z.object({ conversationId: id, userId: id }) }),
  ],
  'must be an object with one of user, contact and member',
);

/** One thing that an import says. */
export type Statement = { readonly user: User } | { readonly contact: Contact } | { readonly member: Membership };

/** The body of a request that creates or replaces a user. Refuses BAD_USER_INPUT with what is wrong in it. */
export function checkProfile(userId: string, body: unknown): User {
  const answer = profileBody.safeParse(body);
  if (answer.success) return { id: userId, ...answer.data };
  throw badInput(explain(answer.error.issues, 'The body'));
}

/** A line of an import, or what is wrong with it. */
export function checkLine(text: string): Statement | { readonly problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { problem: 'The line is not JSON' };
  }
  const answer = line.safeParse(json);
  return answer.success ? answer.data : { problem: explain(closest(answer.error.issues), 'The line') };
}

type Issues = readonly z.core.$ZodIssue[];

/** Of a line that fits none of the three forms, the complaints about the one it meant. */
function closest(issues: Issues): Issues {
  const [first] = issues;
  if (first?.code !== 'invalid_union') return issues;
  return first.errors.find((form) => form.every((issue) => issue.path.length > 1)) ?? issues;
}

function explain(issues: Issues, whole: string): string {
  const [first] = issues;
  return `${first?.path.length ? first.path.join('.') : whole} ${first?.message ?? 'is wrong'}`;
}

function isHttps(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === 'https:';
}
