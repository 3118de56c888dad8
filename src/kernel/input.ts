import { badInput } from './errors.js';

const ID = /^[A-Za-z0-9_.@-]{1,128}$/;
const RESERVED_IDS = new Set(['.', '..', 'me']);

export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value) && !RESERVED_IDS.has(value);
}

/** Returns the id, or refuses with BAD_USER_INPUT. `what` names the field in the message. */
export function checkId(value: unknown, what: string): string {
  if (!isId(value)) throw badInput(`${what} is not a valid id`);
  return value;
}

/** Returns the ids unchanged (duplicates and order kept), or refuses the whole list. */
export function checkIds(values: readonly unknown[], what: string, max: number): readonly string[] {
  if (values.length > max) throw badInput(`${what} takes at most ${max} ids`);
  return values.map((value) => checkId(value, what));
}
