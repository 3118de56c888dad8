import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { Seen } from '../engine/engine.js';
import { differences, note } from '../kernel/audit/audit.log.js';
import { Changes } from '../kernel/changes/changes.service.js';
import { reachable } from '../kernel/database/database.js';
import type { User } from '../kernel/directory/directory.types.js';
import type { CustomStatus, StoredCustom } from './presence.types.js';

/** What a call changes of the custom status; undefined keeps. */
export interface CustomChange {
  readonly status?: CustomStatus;
  readonly message?: {
    readonly text: string;
    readonly emoji: string | null;
    readonly clearAfterMs: number | null;
  } | null;
}

interface RawCustom {
  user_id: string;
  status: CustomStatus;
  text: string | null;
  emoji: string | null;
  expires_at: Date | null;
  version: string;
}

/** A user; of what was never chosen, every column is null. */
type RawUser = (RawCustom | { readonly status: null }) & {
  readonly id: string;
  readonly username: string;
  readonly display_name: string;
  readonly avatar_url: string | null;
};

interface ChangedCustom extends RawCustom {
  /** Null: there was none. */
  old_status: CustomStatus | null;
  old_message: boolean | null;
}

/** Custom status and last seen in Postgres. */
@Injectable()
export class PresenceRepository {
  constructor(
    private readonly database: DataSource,
    private readonly changes: Changes,
  ) {}

  /** The stored choices of those who ever made one. */
  async customsOf(userIds: readonly string[]): Promise<Map<string, StoredCustom>> {
    const rows = await reachable(() =>
      this.database.query<RawCustom[]>('SELECT * FROM custom_statuses WHERE user_id = ANY($1)', [userIds]),
    );
    return new Map(rows.map((row) => [row.user_id, toStored(row)]));
  }

  /** Those who exist, and the stored choices of those of them who ever made one. */
  async usersAndCustomsOf(
    userIds: readonly string[],
  ): Promise<{ users: Map<string, User>; customs: Map<string, StoredCustom> }> {
    const rows = await reachable(() =>
      this.database.query<RawUser[]>(
        `SELECT u.id, u.username, u.display_name, u.avatar_url, c.*
         FROM users u LEFT JOIN custom_statuses c ON c.user_id = u.id WHERE u.id = ANY($1)`,
        [userIds],
      ),
    );
    const users = new Map<string, User>();
    const customs = new Map<string, StoredCustom>();
    for (const row of rows) {
      const { id, username, display_name: displayName, avatar_url: avatarUrl } = row;
      users.set(id, { id, username, displayName, avatarUrl });
      if (row.status !== null) customs.set(id, toStored(row));
    }
    return { users, customs };
  }

  /** Stores a choice; it is durable when this resolves. */
  changeCustom(userId: string, change: CustomChange): Promise<StoredCustom> {
    const replaces = change.message !== undefined;
    return reachable(() =>
      this.changes.commit(async (manager) => {
        const [row] = await manager.query<ChangedCustom[]>(
          `WITH old AS MATERIALIZED (
             SELECT status, text IS NOT NULL AS message FROM custom_statuses WHERE user_id = $1 FOR UPDATE)
           INSERT INTO custom_statuses AS c (user_id, status, text, emoji, expires_at, version)
           SELECT $1, COALESCE($2, 'ONLINE'), $4, $5, now() + $6::bigint * interval '1 millisecond', 1
           FROM (SELECT count(*) FROM old) AS first
           ON CONFLICT (user_id) DO UPDATE SET
             status = COALESCE($2, c.status),
             text = CASE WHEN $3 THEN EXCLUDED.text ELSE c.text END,
             emoji = CASE WHEN $3 THEN EXCLUDED.emoji ELSE c.emoji END,
             expires_at = CASE WHEN $3 THEN EXCLUDED.expires_at ELSE c.expires_at END,
             version = c.version + 1
           RETURNING *, (SELECT status FROM old) AS old_status, (SELECT message FROM old) AS old_message`,
          [
            userId,
            change.status ?? null,
            replaces,
            change.message?.text ?? null,
            change.message?.emoji ?? null,
            change.message?.clearAfterMs ?? null,
          ],
        );
        if (!row) throw new Error('an upsert answered no row');
        await note(manager, { actorId: userId, action: 'custom-status', subjectId: userId, fields: fieldsOf(row) });
        return { result: toStored(row), changes: [{ kind: 'custom', userId }] };
      }),
    );
  }

  /** Drops messages whose time is over. The engine has cleared them for everybody already. */
  async dropExpiredMessages(limit: number): Promise<void> {
    await reachable(() =>
      this.database.query(
        `UPDATE custom_statuses SET text = NULL, emoji = NULL, expires_at = NULL WHERE user_id IN (
           SELECT user_id FROM custom_statuses WHERE expires_at <= now() LIMIT $1 FOR UPDATE SKIP LOCKED)`,
        [limit],
      ),
    );
  }

  /** When each was last shown and last active, of those of whom anything is stored. */
  async lastSeenOf(
    userIds: readonly string[],
  ): Promise<Map<string, { lastSeen: number | null; lastActive: number | null }>> {
    const rows = await reachable(() =>
      this.database.query<{ user_id: string; last_seen_at: Date | null; last_active_at: Date | null }[]>(
        'SELECT user_id, last_seen_at, last_active_at FROM last_seen WHERE user_id = ANY($1)',
        [userIds],
      ),
    );
    return new Map(
      rows.map((row) => [
        row.user_id,
        { lastSeen: row.last_seen_at?.getTime() ?? null, lastActive: row.last_active_at?.getTime() ?? null },
      ]),
    );
  }

  /**
   * Keeps times; none ever moves back, so that the same batch twice, or an older one late, changes nothing.
   * Users who are deleted meanwhile are left out. Sorted, so that two writers never wait for each other in a ring.
   */
  async keepLastSeen(seen: readonly Seen[]): Promise<void> {
    const sorted = [...seen].sort((a, b) => (a.userId < b.userId ? -1 : 1));
    await reachable(() =>
      this.database.query(
        `INSERT INTO last_seen AS l (user_id, last_seen_at, last_active_at, alive_at)
         SELECT s.user_id, to_timestamp(s.seen / 1000.0), to_timestamp(s.active / 1000.0),
           to_timestamp(s.alive / 1000.0)
         FROM unnest($1::text[], $2::float8[], $3::float8[], $4::float8[]) AS s (user_id, seen, active, alive)
         WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = s.user_id)
         ON CONFLICT (user_id) DO UPDATE SET
           last_seen_at = GREATEST(l.last_seen_at, EXCLUDED.last_seen_at),
           last_active_at = GREATEST(l.last_active_at, EXCLUDED.last_active_at),
           alive_at = EXCLUDED.alive_at`,
        [
          sorted.map((one) => one.userId),
          sorted.map((one) => one.lastSeen),
          sorted.map((one) => one.lastActive),
          sorted.map((one) => one.shownAt ?? null),
        ],
      ),
    );
  }

  /** After a crash with the memory engine: who was shown then was last seen at the last proof of it. */
  async recover(): Promise<void> {
    await reachable(() =>
      this.database.query(
        `UPDATE last_seen SET last_seen_at = GREATEST(last_seen_at, alive_at), alive_at = NULL
         WHERE alive_at IS NOT NULL`,
      ),
    );
  }
}

function fieldsOf(row: ChangedCustom) {
  const before = { status: row.old_status ?? 'ONLINE', message: row.old_message ?? false };
  return differences(before, { status: row.status, message: row.text !== null });
}

function toStored(row: RawCustom): StoredCustom {
  return {
    version: Number(row.version),
    status: row.status,
    message:
      row.text === null ? null : { text: row.text, emoji: row.emoji, expiresAt: row.expires_at?.getTime() ?? null },
  };
}
