import type { DataSource, EntityManager } from 'typeorm';

import { reachable } from '../database/database.js';
import { LOOK_BACK } from './changes.progress.js';
import type { Change } from './changes.types.js';

/** Rows of one reading. */
export const READ_MAX = 1000;
const PRUNE_MAX = 1000;
/** Long enough for any instance that is not given up; one that was silent longer forgets everything instead. */
export const KEPT_MINUTES = 60;

export interface LoggedChange {
  readonly id: number;
  readonly change: Change;
}

interface Row {
  readonly id: string;
  readonly kind: Change['kind'];
  readonly user_id: string | null;
  readonly other_id: string | null;
  readonly conversation_id: string | null;
}

/** The table of changes. Times are the database's own. */
export class ChangeLog {
  constructor(private readonly database: DataSource) {}

  /** Inside the transaction that makes the changes. */
  async append(manager: EntityManager, changes: readonly Change[]): Promise<LoggedChange[]> {
    if (changes.length === 0) return [];
    const columns = changes.map(toColumns);
    const rows = await manager.query<{ id: string }[]>(
      `INSERT INTO changes (kind, user_id, other_id, conversation_id)
       SELECT kind, user_id, other_id, conversation_id
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
         WITH ORDINALITY AS t (kind, user_id, other_id, conversation_id, place) ORDER BY place
       RETURNING id`,
      [0, 1, 2, 3].map((column) => columns.map((row) => row[column])),
    );
    return changes.map((change, i) => ({ id: Number(rows[i]?.id), change }));
  }

  /** The last number given out, committed or not, and which of the last ones are visible. */
  async position(): Promise<{ top: number; visible: Set<number>; now: number }> {
    const [row] = await this.query<{ top: string | null; now: Date }>(
      `SELECT pg_sequence_last_value(pg_get_serial_sequence('changes', 'id')::regclass) AS top, now() AS now`,
      [],
    );
    const top = Number(row?.top ?? 0);
    const seen = await this.query<{ id: string }>('SELECT id FROM changes WHERE id > $1 AND id <= $2', [
      top - LOOK_BACK,
      top,
    ]);
    return { top, visible: new Set(seen.map(({ id }) => Number(id))), now: row?.now.getTime() ?? 0 };
  }

  /** Rows above `top` and those asked for, by number; at most READ_MAX. With the time, when there are none too. */
  async after(top: number, holes: readonly number[]): Promise<{ rows: LoggedChange[]; now: number }> {
    const rows = await this.query<{ now: Date } & (Row | { id: null })>(
      `SELECT now() AS now, log.* FROM (SELECT 1) AS always LEFT JOIN LATERAL (
         SELECT id, kind, user_id, other_id, conversation_id FROM changes
         WHERE id > $1 OR id = ANY($2::bigint[]) ORDER BY id LIMIT $3
       ) AS log ON true ORDER BY log.id`,
      [top, holes, READ_MAX],
    );
    const logged = rows.flatMap((row) => (row.id === null ? [] : [{ id: Number(row.id), change: toChange(row) }]));
    return { rows: logged, now: rows[0]?.now.getTime() ?? 0 };
  }

  /** Removes a batch of what nobody needs any more. True: there may be more. */
  async prune(): Promise<boolean> {
    const pruned = await this.query<{ id: string }>(
      `WITH old AS (
         SELECT id FROM changes WHERE created_at < now() - make_interval(mins => $1)
         ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
       ), gone AS (DELETE FROM changes USING old WHERE changes.id = old.id RETURNING changes.id)
       SELECT id FROM gone`,
      [KEPT_MINUTES, PRUNE_MAX],
    );
    return pruned.length === PRUNE_MAX;
  }

  private query<R>(sql: string, values: unknown[]): Promise<R[]> {
    return reachable(() => this.database.query<R[]>(sql, values));
  }
}

function toColumns(change: Change): [string, string | null, string | null, string | null] {
  return [
    change.kind,
    'userId' in change ? change.userId : null,
    'otherId' in change ? change.otherId : null,
    'conversationId' in change ? change.conversationId : null,
  ];
}

function toChange(row: Row): Change {
  const userId = row.user_id ?? '';
  switch (row.kind) {
    case 'contact':
    case 'block':
      return { kind: row.kind, userId, otherId: row.other_id ?? '' };
    case 'member':
      return { kind: row.kind, userId, conversationId: row.conversation_id ?? '' };
    case 'user':
    case 'userDeleted':
    case 'privacy':
    case 'custom':
      return { kind: row.kind, userId };
    default:
      // 'everything', and a kind that only a newer version of this program knows.
      return { kind: 'everything' };
  }
}
