import type { EntityManager } from 'typeorm';

/** What somebody may have done; the list is closed, so that a reader of the table knows them all. */
export type AuditAction =
  | 'custom-status'
  | 'privacy'
  | 'block'
  | 'unblock'
  | 'override'
  | 'user-put'
  | 'user-deleted'
  | 'contact-put'
  | 'contact-deleted'
  | 'member-put'
  | 'member-deleted'
  | 'import';

type Value = string | number | boolean | null;

/**
 * One choice. Never in it: when anybody was last seen or active, and what anybody wrote; that a message was set is told,
 * its text is not.
 */
export interface AuditEntry {
  /** Null: the product's own back end. */
  readonly actorId: string | null;
  readonly action: AuditAction;
  /** Whom it is about; null for many at once. */
  readonly subjectId: string | null;
  /** Of a setting: what it was and what it is. Else what belongs to the choice. */
  readonly fields?: Readonly<Record<string, Value | readonly [before: Value, after: Value]>>;
}

/** Puts the entry down in the transaction of what it tells of: either both are there or neither is. */
export async function note(manager: EntityManager, entry: AuditEntry): Promise<void> {
  await manager.query('INSERT INTO audit (actor_id, action, subject_id, fields) VALUES ($1, $2, $3, $4)', [
    entry.actorId,
    entry.action,
    entry.subjectId,
    JSON.stringify(entry.fields ?? {}),
  ]);
}

/** The fields in which the two differ. */
export function differences<T extends Readonly<Record<string, Value>>>(
  before: T,
  after: T,
): Record<string, readonly [Value, Value]> {
  return Object.fromEntries(
    Object.keys(after)
      .filter((name) => before[name] !== after[name])
      .map((name) => [name, [before[name] ?? null, after[name] ?? null] as const]),
  );
}
