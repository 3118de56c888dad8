import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';

import { note } from '../audit/audit.log.js';
import { Cache } from '../cache.js';
import { Changes } from '../changes/changes.service.js';
import type { Change } from '../changes/changes.types.js';
import { Clock } from '../clock.js';
import { userNotFound } from '../errors.js';
import {
  deleteContact,
  deleteMember,
  deleteUser,
  DirectoryReads,
  insertContacts,
  insertMembers,
  lockUsers,
  upsertUsers,
} from './directory.repository.js';
import type { User } from './directory.types.js';

/** Those of the ids that exist. Refuses SERVICE_UNAVAILABLE. */
export type UserReader = (ids: readonly string[]) => Promise<ReadonlyMap<string, User>>;

/** About 400 bytes each. */
const USERS_KEPT = 50_000;
const MEMBERSHIPS_KEPT = 100_000;
const BATCH_MAX = 500;

/**
 * Who exists, who has whom as a contact, who is in which conversation. Users and single memberships are cached until
 * they change; lists are read. Arguments are ids that were checked. Everything refuses SERVICE_UNAVAILABLE when
 * Postgres is needed and cannot be reached.
 */
@Injectable()
export class Directory {
  private readonly reads: DirectoryReads;
  private readUsers: UserReader;
  private readonly userCache: Cache<User>;
  private readonly membershipCache: Cache<true>;

  constructor(
    database: DataSource,
    private readonly changes: Changes,
    clock: Clock,
  ) {
    this.reads = new DirectoryReads(database);
    this.readUsers = (ids) => this.reads.users(ids);
    const shared = { batchMax: BATCH_MAX, clock, fresh: () => changes.fresh() };
    this.userCache = new Cache({ ...shared, max: USERS_KEPT, load: (ids) => this.readUsers(ids) });
    this.membershipCache = new Cache({ ...shared, max: MEMBERSHIPS_KEPT, load: (keys) => this.loadMemberships(keys) });
    changes.on((change) => this.forget(change));
  }

  /** Those that exist, by id; in no order. */
  users(ids: readonly string[]): Promise<Map<string, User>> {
    return this.userCache.many(ids);
  }

  /** Null: nobody has this id. */
  user(id: string): Promise<User | null> {
    return this.userCache.get(id);
  }

  /** As `user`, where it is sure without asking Postgres; undefined: `user` has to say. */
  sure(id: string): User | null | undefined {
    return this.userCache.sure(id);
  }

  /** How long there has been somebody of this id, milliseconds, as Postgres has it now; null: there is nobody. */
  ageOf(id: string): Promise<number | null> {
    return this.reads.ageOf(id);
  }

  /** Somebody who is in memory, without asking Postgres. Names may be a moment old. */
  known(id: string): User | undefined {
    return this.userCache.recall(id);
  }

  /** From now on users are read like this: by whoever wants something else of them in the same query. */
  readUsersWith(read: UserReader): void {
    this.readUsers = read;
  }

  /** Taken before somebody reads users along with something else; keeps them unless they change meanwhile. */
  primer(): (users: readonly User[]) => void {
    const moment = this.userCache.moment();
    return (users) => {
      for (const user of users) this.userCache.prime(user.id, user, moment);
    };
  }

  /** In the order of code points, like the next two. */
  contactsOf(ownerId: string, limit: number): Promise<string[]> {
    return this.reads.contactsOf(ownerId, limit);
  }

  membersOf(conversationId: string, limit: number): Promise<string[]> {
    return this.reads.membersOf(conversationId, limit);
  }

  conversationsOf(userId: string, limit: number): Promise<string[]> {
    return this.reads.conversationsOf(userId, limit);
  }

  /** The user's contacts first, then members of the same conversations; by id, without the user. */
  acquaintancesOf(userId: string, limit: number): Promise<string[]> {
    return this.reads.acquaintancesOf(userId, limit);
  }

  async isMember(conversationId: string, userId: string): Promise<boolean> {
    return (await this.membershipCache.get(membershipKey(conversationId, userId))) ?? false;
  }

  /** Creates or replaces. */
  putUser(user: User): Promise<void> {
    return this.write(async (manager) => {
      const changed = await upsertUsers(manager, [user]);
      for (const subjectId of changed) await note(manager, { actorId: null, action: 'user-put', subjectId });
      return changed.map((userId) => ({ kind: 'user', userId }));
    });
  }

  /** With all that hangs on the user. Nobody there: no change. */
  deleteUser(id: string): Promise<void> {
    return this.write(async (manager) => {
      if (!(await deleteUser(manager, id))) return [];
      await note(manager, { actorId: null, action: 'user-deleted', subjectId: id });
      return [{ kind: 'userDeleted', userId: id }];
    });
  }

  /** `ownerId` has `contactId` as a contact from now on. Refuses USER_NOT_FOUND. Oneself is no contact: no change. */
  putContact(ownerId: string, contactId: string): Promise<void> {
    return this.write(async (manager) => {
      await requireUsers(manager, [ownerId, contactId]);
      if (ownerId === contactId) return [];
      const changed = await insertContacts(manager, [{ userId: ownerId, contactId }]);
      if (changed.length > 0) await noteContact(manager, 'contact-put', ownerId, contactId);
      return changed.map((contact) => ({ kind: 'contact', userId: contact.userId, otherId: contact.contactId }));
    });
  }

  deleteContact(ownerId: string, contactId: string): Promise<void> {
    return this.write(async (manager) => {
      if (!(await deleteContact(manager, { userId: ownerId, contactId }))) return [];
      await noteContact(manager, 'contact-deleted', ownerId, contactId);
      return [{ kind: 'contact', userId: ownerId, otherId: contactId }];
    });
  }

  /** Makes the conversation when it is new. Refuses USER_NOT_FOUND. */
  putMember(conversationId: string, userId: string): Promise<void> {
    return this.write(async (manager) => {
      await requireUsers(manager, [userId]);
      const changed = await insertMembers(manager, [{ conversationId, userId }]);
      if (changed.length > 0) await noteMember(manager, 'member-put', conversationId, userId);
      return changed.map((member) => ({ kind: 'member', ...member }));
    });
  }

  deleteMember(conversationId: string, userId: string): Promise<void> {
    return this.write(async (manager) => {
      if (!(await deleteMember(manager, { conversationId, userId }))) return [];
      await noteMember(manager, 'member-deleted', conversationId, userId);
      return [{ kind: 'member', conversationId, userId }];
    });
  }

  private write(work: (manager: EntityManager) => Promise<readonly Change[]>): Promise<void> {
    return this.changes.commit(async (manager) => ({ result: undefined, changes: await work(manager) }));
  }

  private forget(change: Change): void {
    switch (change.kind) {
      case 'user':
        return this.userCache.drop(change.userId);
      case 'userDeleted':
        this.userCache.drop(change.userId);
        // The memberships went with the user, unnamed; deleting is rare enough to forget all.
        return this.membershipCache.clear();
      case 'member':
        return this.membershipCache.drop(membershipKey(change.conversationId, change.userId));
      case 'everything':
        this.userCache.clear();
        return this.membershipCache.clear();
      case 'contact':
      case 'privacy':
      case 'block':
      case 'custom':
        return;
    }
  }

  private async loadMemberships(keys: readonly string[]): Promise<Map<string, true>> {
    const asked = keys.map((key) => {
      const [conversationId = '', userId = ''] = key.split(' ');
      return { conversationId, userId };
    });
    const members = await this.reads.memberships(asked);
    return new Map(members.map((member) => [membershipKey(member.conversationId, member.userId), true]));
  }
}

/** Ids never hold a space. */
function membershipKey(conversationId: string, userId: string): string {
  return `${conversationId} ${userId}`;
}

function noteContact(
  manager: EntityManager,
  action: 'contact-put' | 'contact-deleted',
  subjectId: string,
  contactId: string,
): Promise<void> {
  return note(manager, { actorId: null, action, subjectId, fields: { contactId } });
}

function noteMember(
  manager: EntityManager,
  action: 'member-put' | 'member-deleted',
  conversationId: string,
  subjectId: string,
): Promise<void> {
  return note(manager, { actorId: null, action, subjectId, fields: { conversationId } });
}

async function requireUsers(manager: EntityManager, ids: readonly string[]): Promise<void> {
  const distinct = new Set(ids);
  const found = await lockUsers(manager, [...distinct]);
  if (found.length < distinct.size) throw userNotFound();
}
