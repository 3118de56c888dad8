import { Injectable } from '@nestjs/common';

import type { Caller } from '../kernel/caller.js';
import { Directory } from '../kernel/directory/directory.service.js';
import { badInput, conversationNotFound } from '../kernel/errors.js';
import { checkId } from '../kernel/input.js';
import { Limits } from '../kernel/limits/limits.service.js';
import { PresenceReader } from './presence.reader.js';
import type { OnlineUsersView, PresenceView } from './presence.types.js';

const PAGE_MAX = 500;
const PAGE_DEFAULT = 50;
/** People looked at for one list of who is online; by id, the rest is left out. */
const LISTED_MAX = 5000;

export interface OnlineUsersQuery {
  readonly conversationId?: string | null;
  readonly excludeUserId?: string | null;
  readonly first?: number | null;
  readonly after?: string | null;
}

/** Who of the people around a caller is online, as the caller may see them; never the caller. */
@Injectable()
export class OnlineLists {
  constructor(
    private readonly reader: PresenceReader,
    private readonly directory: Directory,
    private readonly limits: Limits,
  ) {}

  /** The caller's contacts, or a conversation's members. Refuses BAD_USER_INPUT, CONVERSATION_NOT_FOUND. */
  async page(caller: Caller, query: OnlineUsersQuery): Promise<OnlineUsersView> {
    await this.limits.read(caller);
    const first = query.first ?? PAGE_DEFAULT;
    if (!Number.isInteger(first) || first < 1 || first > PAGE_MAX) throw badInput(`first is from 1 to ${PAGE_MAX}`);
    const after = query.after == null ? null : decodeCursor(query.after);
    const excluded = query.excludeUserId == null ? null : checkId(query.excludeUserId, 'excludeUserId');
    const online = await this.onlineAmong(caller, await this.listed(caller, query.conversationId ?? null), excluded);
    const rest = after === null ? online : online.filter((view) => view.userId > after);
    const nodes = rest.slice(0, first);
    const last = nodes.at(-1);
    return {
      nodes,
      totalCount: online.length,
      endCursor: last && rest.length > first ? encodeCursor(last.userId) : null,
    };
  }

  /** All of the caller's contacts and fellow members, by id. */
  async around(caller: Caller, excludeUserId: string | null): Promise<readonly PresenceView[]> {
    await this.limits.read(caller);
    const excluded = excludeUserId === null ? null : checkId(excludeUserId, 'excludeUserId');
    return this.onlineAmong(caller, await this.directory.acquaintancesOf(caller.userId, LISTED_MAX), excluded);
  }

  private async onlineAmong(
    caller: Caller,
    people: readonly string[],
    excluded: string | null,
  ): Promise<readonly PresenceView[]> {
    const others = people.filter((userId) => userId !== caller.userId && userId !== excluded);
    const views = await this.reader.views(caller.userId, others);
    const online = views.flatMap((view) => (view?.isOnline ? view : []));
    return online.sort((a, b) => (a.userId < b.userId ? -1 : 1));
  }

  private async listed(caller: Caller, conversationId: string | null): Promise<string[]> {
    if (conversationId === null) return this.directory.contactsOf(caller.userId, LISTED_MAX);
    checkId(conversationId, 'conversationId');
    if (!(await this.directory.isMember(conversationId, caller.userId))) throw conversationNotFound();
    return this.directory.membersOf(conversationId, LISTED_MAX);
  }
}

function encodeCursor(userId: string): string {
  return Buffer.from(`u:${userId}`).toString('base64url');
}

function decodeCursor(cursor: string): string {
  const userId = Buffer.from(cursor, 'base64url').toString().slice(2);
  if (encodeCursor(userId) !== cursor) throw badInput('after is not a cursor of this list');
  return checkId(userId, 'after');
}
