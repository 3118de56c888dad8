import { Injectable } from '@nestjs/common';

import { type Departure, Engine, type Holder, type HoldRequest, type Truth } from '../engine/engine.js';
import { Audit } from '../kernel/audit/audit.service.js';
import type { Caller } from '../kernel/caller.js';
import { Changes } from '../kernel/changes/changes.service.js';
import { type Cancel, Clock } from '../kernel/clock.js';
import { Config } from '../kernel/config/config.js';
import { Connections } from '../kernel/connections.js';
import { Directory } from '../kernel/directory/directory.service.js';
import { badInput, conversationNotFound, Refusal, unauthenticated, unavailable, userNotFound } from '../kernel/errors.js';
import { checkId, checkIds } from '../kernel/input.js';
import { measure } from '../kernel/metrics/measure.js';
import { Limits } from '../kernel/limits/limits.service.js';
import { ABOUT_ONESELF } from '../privacy/privacy.rules.js';
import { PrivacyService } from '../privacy/privacy.service.js';
import { Customs } from './presence.customs.js';
import { checkCustomStatus, checkPlatform } from './presence.input.js';
import { PresenceReader } from './presence.reader.js';
import { PresenceRepository } from './presence.repository.js';
import { completed, lacksLastSeen, offline, redact, toCustom } from './presence.rules.js';
import type {
  CustomStatus,
  CustomStatusInput,
  HeartbeatInput,
  HeartbeatView,
  MeView,
  OnlineUsersView,
  Opening,
  OverrideStatus,
  PresenceView,
} from './presence.types.js';

const STATUSES_MAX = 500;
const PAGE_MAX = 500;
const PAGE_DEFAULT = 50;
/** People looked at for one list of who is online; by id, the rest is left out. */
const LISTED_MAX = 5000;
const NAMELESS_LEASE: Holder = { kind: 'lease', id: '', deviceId: null, platform: 'UNKNOWN' };
const FORGET_AFTER_MS = 1000;

interface Socket {
  readonly userId: string;
  holder: Holder;
  /** Said by the client last; what a repeated registration says again. */
  active: boolean;
  /** The engine could not take it yet: the reaper tries again. */
  waiting: boolean;
}

export interface OnlineUsersQuery {
  readonly conversationId?: string | null;
  readonly excludeUserId?: string | null;
  readonly first?: number | null;
  readonly after?: string | null;
}

/** What people do about their own presence, and what they ask about others'. */
@Injectable()
export class PresenceService {
  private readonly sockets = new Map<string, Socket>();
  private readonly socketsOf = new Map<string, Set<string>>();
  /** Users with sockets here whose changed custom status has not reached the engine. */
  private readonly changedCustoms = new Set<string>();
  /** Deleted a moment ago. */
  private readonly forgetting = new Map<string, Cancel>();

  constructor(
    private readonly engine: Engine,
    private readonly reader: PresenceReader,
    private readonly repository: PresenceRepository,
    private readonly customs: Customs,
    private readonly privacy: PrivacyService,
    private readonly directory: Directory,
    private readonly connections: Connections,
    private readonly limits: Limits,
    private readonly audit: Audit,
    private readonly clock: Clock,
    private readonly config: Config,
    changes: Changes,
  ) {
    connections.onActed((caller) => void this.acted(caller));
    changes.on((change) => {
      if (change.kind === 'custom' && this.socketsOf.has(change.userId)) this.changedCustoms.add(change.userId);
      if (change.kind === 'userDeleted') this.forgetSoon(change.userId);
      // Somebody new under the id of somebody deleted: what the other left must not become theirs, nor theirs be lost.
      if (change.kind === 'user' && this.forgetting.has(change.userId)) void this.forget(change.userId);
    });
  }

  async userStatus(caller: Caller, userId: string): Promise<PresenceView> {
    await this.limits.read(caller);
    const views = await this.reader.views(caller.userId, [checkId(userId, 'userId')]);
    const view = views.get(userId);
    if (!view) throw userNotFound();
    return view;
  }

  /** In the order asked, duplicates kept; null where there is no such user. At most 500 ids. */
  async userStatuses(caller: Caller, userIds: readonly string[]): Promise<(PresenceView | null)[]> {
    await this.limits.read(caller);
    checkIds(userIds, 'userIds', STATUSES_MAX);
    const views = await this.reader.views(caller.userId, userIds);
    return userIds.map((userId) => views.get(userId) ?? null);
  }

  /** The caller's contacts, or a conversation's members, who are online as the caller may see them; never the caller. */
  async onlineUsers(caller: Caller, query: OnlineUsersQuery): Promise<OnlineUsersView> {
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

  /** All of the caller's contacts and fellow members who are online as the caller may see them, by id. */
  async onlineAround(caller: Caller, excludeUserId: string | null): Promise<readonly PresenceView[]> {
    await this.limits.read(caller);
    const excluded = excludeUserId === null ? null : checkId(excludeUserId, 'excludeUserId');
    return this.onlineAmong(caller, await this.directory.acquaintancesOf(caller.userId, LISTED_MAX), excluded);
  }

  async me(caller: Caller): Promise<MeView> {
    await this.limits.read(caller);
    const { userId } = caller;
    const [truth, holders, custom, settings] = await Promise.all([
      this.truthOf(userId),
      this.engine.presence.holders(userId),
      this.customs.stored(userId),
      this.privacy.settings(userId),
    ]);
    const presence = await this.own(truth);
    return {
      user: presence.user,
      presence,
      customStatus: custom?.status ?? 'ONLINE',
      lastActive: truth.lastActive === null ? null : new Date(truth.lastActive),
      privacy: settings,
      connections: holders
        .filter((holder) => holder.counts)
        .map((holder) => ({
          id: holder.id,
          platform: holder.platform,
          active: holder.active,
          connectedAt: new Date(holder.connectedAt),
        })),
    };
  }

  /** Durable when it resolves. Counts as activity of the connection it came over. */
  async setCustomStatus(caller: Caller, input: CustomStatusInput): Promise<PresenceView> {
    await this.limits.change(caller);
    const change = checkCustomStatus(input);
    const stored = await this.repository.changeCustom(caller.userId, change);
    const custom = toCustom(stored, this.clock.now());
    // First the status, then the activity: nobody may see a moment of the old status made active.
    let truth = await this.engine.presence.setCustom(caller.userId, custom, true);
    const socket = this.socketOf(caller);
    if (socket) {
      socket.active = true;
      truth = await this.hold(socket, caller.userId, 'active', false);
    }
    this.changedCustoms.delete(caller.userId);
    return this.own(truth ?? (await this.truthOf(caller.userId)));
  }

  /**
   * Over a socket it is that socket's. Else it holds the lease of `deviceId`, or the caller's one nameless lease.
   * One round trip to the engine, none to Postgres once the caller is known.
   */
  async heartbeat(caller: Caller, input: HeartbeatInput): Promise<HeartbeatView> {
    measure.heartbeat();
    const deviceId = input.deviceId == null ? null : checkId(input.deviceId, 'deviceId');
    // One too many is answered like the last one, and does no more.
    if (!(await this.limits.heartbeat(caller, deviceId ?? ''))) return this.beaten(await this.truthOf(caller.userId));
    const active = input.active ?? true;
    const socket = this.socketOf(caller);
    let holder: Holder;
    if (socket) {
      socket.active = active;
      if (input.platform) socket.holder = { ...socket.holder, platform: checkPlatform(input.platform) };
      holder = socket.holder;
    } else {
      holder = { kind: 'lease', id: deviceId ?? '', deviceId, platform: checkPlatform(input.platform) };
    }
    const truth = await this.hold({ holder }, caller.userId, active ? 'active' : 'idle', active);
    return this.beaten(truth);
  }

  /** Leaves at once and with no grace: everything, or what has this device id. Sockets stay open. */
  async goOffline(caller: Caller, deviceId: string | null): Promise<PresenceView> {
    if (deviceId !== null) checkId(deviceId, 'deviceId');
    return this.own((await this.leave(caller.userId, deviceId)) ?? (await this.truthOf(caller.userId)));
  }

  /** For the product's own back end: what a user chose to be shown as. Refuses USER_NOT_FOUND. */
  async customStatusOf(userId: string): Promise<CustomStatus> {
    if (!(await this.directory.user(checkId(userId, 'userId')))) throw userNotFound();
    return (await this.customs.stored(userId))?.status ?? 'ONLINE';
  }

  /**
   * For the product's own back end: ONLINE and IDLE hold the user's nameless lease, OFFLINE is a `goOffline`.
   * `touch`: the user counts as active just now. Refuses USER_NOT_FOUND.
   */
  async override(userId: string, status: OverrideStatus, touch: boolean): Promise<void> {
    if (!(await this.directory.user(checkId(userId, 'userId')))) throw userNotFound();
    if (touch) await this.engine.presence.touch(userId);
    if (status === 'OFFLINE') await this.leave(userId, null);
    else await this.hold({ holder: NAMELESS_LEASE }, userId, status === 'IDLE' ? 'idle' : 'active', true);
    await this.audit.record({ actorId: null, action: 'override', subjectId: userId, fields: { status } });
  }

  /** How many of a user's connections that may count are this instance's. */
  socketsHere(userId: string): number {
    return this.socketsOf.get(userId)?.size ?? 0;
  }

  /** A live connection that counts has opened. Never refuses for a store that is away: it is made good later. */
  async connected(caller: Caller, opening: Opening): Promise<void> {
    const socket: Socket = {
      userId: caller.userId,
      holder: {
        kind: 'socket',
        id: opening.connectionId,
        deviceId: opening.deviceId,
        platform: checkPlatform(opening.platform),
      },
      active: opening.active,
      waiting: false,
    };
    this.sockets.set(opening.connectionId, socket);
    const siblings = this.socketsOf.get(caller.userId);
    if (siblings) siblings.add(opening.connectionId);
    else this.socketsOf.set(caller.userId, new Set([opening.connectionId]));
    await this.register(socket);
  }

  /** A connection has ended: its hold and what it was typing. Unknown ones are no error. */
  async disconnected(
    caller: Caller,
    connectionId: string,
    departure: Exclude<Departure, 'now'>,
    silentMs: number,
  ): Promise<void> {
    this.connections.closed(connectionId, caller.userId);
    if (!this.sockets.delete(connectionId)) return;
    const siblings = this.socketsOf.get(caller.userId);
    siblings?.delete(connectionId);
    if (siblings?.size === 0) {
      this.socketsOf.delete(caller.userId);
      this.changedCustoms.delete(caller.userId);
    }
    try {
      const typing = await this.engine.presence.release({
        userId: caller.userId,
        kind: 'socket',
        id: connectionId,
        departure,
        silentMs,
      });
      await this.stopTyping(caller.userId, typing);
    } catch (error) {
      // The engine has noted it and repeats it until the store has it.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  /** Tells the engine again what it could not take when it happened. Called by the reaper. */
  async makeGood(): Promise<void> {
    for (const socket of this.sockets.values()) {
      if (socket.waiting) await this.register(socket);
    }
    for (const userId of this.changedCustoms) {
      const custom = await this.customs.of(userId);
      if (!custom) return;
      await this.engine.presence.setCustom(userId, custom, false);
      this.changedCustoms.delete(userId);
    }
  }

  private async beaten(truth: Truth): Promise<HeartbeatView> {
    return {
      success: true,
      nextHeartbeatInSeconds: this.config.heartbeatSeconds,
      presence: await this.own(truth),
    };
  }

  private async leave(userId: string, deviceId: string | null): Promise<Truth | null> {
    const { truth, typing } = await this.engine.presence.leave(userId, deviceId);
    await this.stopTyping(userId, typing);
    return truth;
  }

  private async register(socket: Socket): Promise<void> {
    socket.waiting = true;
    try {
      await this.hold(socket, socket.userId, socket.active ? 'active' : 'idle', true);
      socket.waiting = false;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  private async hold(
    { holder }: { holder: Holder },
    userId: string,
    activity: HoldRequest['activity'],
    attach: boolean,
  ): Promise<Truth> {
    const custom = await this.customs.of(userId);
    const truth = await this.engine.presence.hold({ userId, holder, activity, attach, ...(custom && { custom }) });
    // Neither the engine nor Postgres can tell how this user wants to be shown; shown wrongly would be worse.
    if (!truth) throw unavailable();
    return truth;
  }

  private socketOf(caller: Caller): Socket | undefined {
    return caller.connectionId === undefined ? undefined : this.sockets.get(caller.connectionId);
  }

  /** The caller's own presence as others without limits see it: an invisible user reads OFFLINE here too. */
  private async own(truth: Truth): Promise<PresenceView> {
    const user = await this.directory.user(truth.userId);
    if (!user) throw unauthenticated();
    return redact(truth, user, ABOUT_ONESELF, this.clock.now());
  }

  private async truthOf(userId: string): Promise<Truth> {
    const [truth] = await this.engine.presence.read([userId]);
    if (truth && !lacksLastSeen(truth)) return truth;
    const stored = (await this.repository.lastSeenOf([userId])).get(userId);
    return completed(truth ?? offline(userId, null, stored?.lastActive ?? null), stored?.lastSeen ?? null);
  }

  private async onlineAmong(
    caller: Caller,
    people: readonly string[],
    excluded: string | null,
  ): Promise<readonly PresenceView[]> {
    const others = people.filter((userId) => userId !== caller.userId && userId !== excluded);
    const views = await this.reader.views(caller.userId, others);
    return [...views.values()].filter((view) => view.isOnline).sort((a, b) => (a.userId < b.userId ? -1 : 1));
  }

  private async listed(caller: Caller, conversationId: string | null): Promise<string[]> {
    if (conversationId === null) return this.directory.contactsOf(caller.userId, LISTED_MAX);
    checkId(conversationId, 'conversationId');
    if (!(await this.directory.isMember(conversationId, caller.userId))) throw conversationNotFound();
    return this.directory.membersOf(conversationId, LISTED_MAX);
  }

  private async stopTyping(userId: string, conversationIds: readonly string[]): Promise<void> {
    await Promise.all(conversationIds.map((id) => this.engine.typing.stop(id, userId, null)));
  }

  /** Activity other than a heartbeat, noted beside what the caller asked for: it never fails that. */
  private async acted(caller: Caller): Promise<void> {
    const socket = this.socketOf(caller);
    try {
      if (!socket) return await this.engine.presence.touch(caller.userId);
      socket.active = true;
      await this.hold(socket, caller.userId, 'active', false);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  /** Later than every instance hears of it, so that watchers see the deletion and not a departure before it. */
  private forgetSoon(userId: string): void {
    this.forgetting.get(userId)?.();
    this.forgetting.set(
      userId,
      this.clock.after(FORGET_AFTER_MS, () => void this.forget(userId)),
    );
  }

  private async forget(userId: string): Promise<void> {
    this.forgetting.get(userId)?.();
    this.forgetting.delete(userId);
    try {
      await this.engine.presence.forget(userId);
    } catch (error) {
      // What is left of a deleted user is never shown: nobody has a dossier of them any more.
      if (!(error instanceof Refusal)) throw error;
    }
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
