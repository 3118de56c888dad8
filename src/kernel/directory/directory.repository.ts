import type { DataSource, EntityManager } from 'typeorm';

import { reachable } from '../database/database.js';
import type { User } from './directory.types.js';

interface UserRow {
  readonly id: string;
  readonly username: string;
  readonly display_name: string;
  readonly avatar_url: string | null;
}

export interface Membership {
  readonly conversationId: string;
  readonly userId: string;
}

export interface Contact {
  readonly userId: string;
  readonly contactId: string;
}

/** Reads. All lists are in the order of code points. Every method refuses SERVICE_UNAVAILABLE without Postgres. */
export class DirectoryReads {
  constructor(private readonly database: DataSource) {}

  async users(ids: readonly string[]): Promise<Map<string, User>> {
    const rows = await this.query<UserRow>(
      'SELECT id, username, display_name, avatar_url FROM users WHERE id = ANY($1)',
      [ids],
    );
    return new Map(rows.map((row) => [row.id, toUser(row)]));
  }

  /** Milliseconds since somebody began to exist under this id; null: nobody does. */
  async ageOf(id: string): Promise<number | null> {
    // A view over somebody's own table need not have the column: then whoever exists has begun just now.
    const [row] = await this.query<{ age: number }>(
      `SELECT coalesce(extract(epoch FROM now() - (to_jsonb(users) ->> 'created_at')::timestamptz) * 1000, 0)::float8
         AS age FROM users WHERE id = $1`,
      [id],
    );
    return row?.age ?? null;
  }

  /** Those of the asked memberships that exist. */
  memberships(asked: readonly Membership[]): Promise<Membership[]> {
    return this.query<Membership>(
      `SELECT conversation_id AS "conversationId", user_id AS "userId" FROM conversation_members
       JOIN unnest($1::text[], $2::text[]) AS asked (c, u) ON conversation_id = asked.c AND user_id = asked.u`,
      [asked.map((one) => one.conversationId), asked.map((one) => one.userId)],
    );
  }

  contactsOf(ownerId: string, limit: number): Promise<string[]> {
    return this.ids('SELECT contact_id AS id FROM contacts WHERE owner_id = $1 ORDER BY 1 LIMIT $2', ownerId, limit);
  }

  membersOf(conversationId: string, limit: number): Promise<string[]> {
    return this.ids(
      'SELECT user_id AS id FROM conversation_members WHERE conversation_id = $1 ORDER BY 1 LIMIT $2',
      conversationId,
      limit,
    );
  }

  conversationsOf(userId: string, limit: number): Promise<string[]> {
    return this.ids(
      'SELECT conversation_id AS id FROM conversation_members WHERE user_id = $1 ORDER BY 1 LIMIT $2',
      userId,
      limit,
    );
  }

  /** Contacts, then members of shared conversations who are none; each part by id. */
  acquaintancesOf(userId: string, limit: number): Promise<string[]> {
    return this.ids(
      `SELECT id FROM (
         SELECT contact_id AS id, 0 AS rank FROM contacts WHERE owner_id = $1
         UNION ALL
         SELECT theirs.user_id, 1 FROM conversation_members own
         JOIN conversation_members theirs USING (conversation_id)
         WHERE own.user_id = $1 AND theirs.user_id <> $1
       ) AS around GROUP BY id ORDER BY min(rank), id LIMIT $2`,
      userId,
      limit,
    );
  }

  private async ids(sql: string, id: string, limit: number): Promise<string[]> {
    const rows = await this.query<{ id: string }>(sql, [id, limit]);
    return rows.map((row) => row.id);
  }

  private query<R>(sql: string, values: unknown[]): Promise<R[]> {
    return reachable(() => this.database.query<R[]>(sql, values));
  }
}

/*
 * Writes, inside a transaction. Each answers what really changed, so that repeating one is no event. Many at once are
 * written in the order of their ids: two that overlap then wait for each other, never both for ever.
 */

/** Creates or replaces. Distinct ids. Answers the ids that are new or different now. */
export function upsertUsers(manager: EntityManager, users: readonly User[]): Promise<string[]> {
  return changedIds(
    manager,
    `INSERT INTO users AS u (id, username, display_name, avatar_url)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS given (id, username, name, url)
     ORDER BY given.id COLLATE "C"
     ON CONFLICT (id) DO UPDATE SET username = EXCLUDED.username, display_name = EXCLUDED.display_name,
       avatar_url = EXCLUDED.avatar_url
     WHERE (u.username, u.display_name, u.avatar_url) IS DISTINCT FROM
       (EXCLUDED.username, EXCLUDED.display_name, EXCLUDED.avatar_url)
     RETURNING id`,
    [
      users.map((user) => user.id),
      users.map((user) => user.username),
      users.map((user) => user.displayName),
      users.map((user) => user.avatarUrl),
    ],
  );
}

/** Those of the users that exist, kept from being deleted until the transaction ends. */
export function lockUsers(manager: EntityManager, ids: readonly string[]): Promise<string[]> {
  return changedIds(manager, 'SELECT id FROM users WHERE id = ANY($1) ORDER BY id FOR KEY SHARE', [ids]);
}

export async function insertContacts(manager: EntityManager, contacts: readonly Contact[]): Promise<Contact[]> {
  return manager.query<Contact[]>(
    `INSERT INTO contacts (owner_id, contact_id)
     SELECT * FROM unnest($1::text[], $2::text[]) AS given (o, c) ORDER BY o COLLATE "C", c COLLATE "C"
     ON CONFLICT DO NOTHING RETURNING owner_id AS "userId", contact_id AS "contactId"`,
    [contacts.map((contact) => contact.userId), contacts.map((contact) => contact.contactId)],
  );
}

/** Makes the conversations that are new. */
export async function insertMembers(manager: EntityManager, members: readonly Membership[]): Promise<Membership[]> {
  await manager.query(
    `INSERT INTO conversations (id) SELECT DISTINCT c COLLATE "C" FROM unnest($1::text[]) AS given (c) ORDER BY 1
     ON CONFLICT DO NOTHING`,
    [members.map((member) => member.conversationId)],
  );
  return manager.query<Membership[]>(
    `INSERT INTO conversation_members (conversation_id, user_id)
     SELECT * FROM unnest($1::text[], $2::text[]) AS given (c, u) ORDER BY c COLLATE "C", u COLLATE "C"
     ON CONFLICT DO NOTHING RETURNING conversation_id AS "conversationId", user_id AS "userId"`,
    [members.map((member) => member.conversationId), members.map((member) => member.userId)],
  );
}

/** With all that hangs on the user. False: there was none. */
export async function deleteUser(manager: EntityManager, id: string): Promise<boolean> {
  return removed(manager, 'DELETE FROM users WHERE id = $1 RETURNING 1', [id]);
}

export function deleteContact(manager: EntityManager, contact: Contact): Promise<boolean> {
  return removed(manager, 'DELETE FROM contacts WHERE owner_id = $1 AND contact_id = $2 RETURNING 1', [
    contact.userId,
    contact.contactId,
  ]);
}

export function deleteMember(manager: EntityManager, member: Membership): Promise<boolean> {
  return removed(manager, 'DELETE FROM conversation_members WHERE conversation_id = $1 AND user_id = $2 RETURNING 1', [
    member.conversationId,
    member.userId,
  ]);
}

async function changedIds(manager: EntityManager, sql: string, values: unknown[]): Promise<string[]> {
  const rows = await manager.query<{ id: string }[]>(sql, values);
  return rows.map((row) => row.id);
}

async function removed(manager: EntityManager, sql: string, values: unknown[]): Promise<boolean> {
  // TypeORM answers a DELETE with its rows and their number.
  const [, count] = await manager.query<[unknown[], number]>(sql, values);
  return count > 0;
}

function toUser(row: UserRow): User {
  return { id: row.id, username: row.username, displayName: row.display_name, avatarUrl: row.avatar_url };
}
