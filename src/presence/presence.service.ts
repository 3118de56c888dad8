import { Injectable } from '@nestjs/common';

import { Engine, type Holder, type Truth } from '../engine/engine.js';
import { Audit } from '../kernel/audit/audit.service.js';
import type { Caller } from '../kernel/caller.js';
import { Changes } from '../kernel/changes/changes.service.js';
import { type Cancel, Clock } from '../kernel/clock.js';
import { Config } from '../kernel/config/config.js';
import { Directory } from '../kernel/directory/directory.service.js';
import type { User } from '../kernel/directory/directory.types.js';
import { Refusal, unauthenticated, userNotFound } from '../kernel/errors.js';
import { checkId, checkIds } from '../kernel/input.js';
import { measure } from '../kernel/metrics/measure.js';
import { Limits } from '../kernel/limits/limits.service.js';
import { ABOUT_ONESELF } from '../privacy/privacy.rules.js';
import { PrivacyService } from '../privacy/privacy.service.js';
import { Customs } from './presence.customs.js';
import { Holds } from './holds.service.js';
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
  OverrideStatus,
  PresenceView,
} from './presence.types.js';

const STATUSES_MAX = 500;
const NAMELESS_LEASE: Holder = { kind: 'lease', id: '', deviceId: null, platform: 'UNKNOWN' };
const FORGET_AFTER_MS = 1000;
/** Between the answer about somebody's age and its use; what began so shortly before them counts as theirs. */
const UNDER_WAY_MS = 500;

/** What people do about their own presence, and what they ask about others'. */
@Injectable()
export class PresenceService {
  /** Deleted a moment ago. */
  private readonly forgetting = new Map<string, Cancel>();

  constructor(
    private readonly engine: Engine,
    private readonly reader: PresenceReader,
    private readonly repository: PresenceRepository,
    private readonly customs: Customs,
    private readonly privacy: PrivacyService,
    private readonly directory: Directory,
    private readonly holds: Holds,
    private readonly limits: Limits,
    private readonly audit: Audit,
    private readonly clock: Clock,
    private readonly config: Config,
    changes: Changes,
  ) {
    changes.on((change, own) => {
      if (change.kind === 'userDeleted') this.forgetSoon(change.userId);
      // Somebody new under the id of somebody deleted: what the other left must not become theirs. Where they are made,
      // nothing of theirs can be there yet; elsewhere this may be heard late.
      if (change.kind === 'user' && own && this.forgetting.has(change.userId)) void this.forget(change.userId);
    });
  }

  async userStatus(caller: Caller, userId: string): Promise<PresenceView> {
    await this.limits.read(caller);
    const [view] = await this.reader.views(caller.userId, [checkId(userId, 'userId')]);
    if (!view) throw userNotFound();
    return view;
  }

  /** In the order asked, duplicates kept; null where there is no such user. At most 500 ids. */
  async userStatuses(caller: Caller, userIds: readonly string[]): Promise<(PresenceView | null)[]> {
    await this.limits.read(caller);
    return this.reader.views(caller.userId, checkIds(userIds, 'userIds', STATUSES_MAX));
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
    const truth = await this.holds.choose(caller, custom);
    return this.own(truth ?? (await this.truthOf(caller.userId)));
  }

  /**
   * Over a socket it is that socket's, and nothing where that does not count. Else it holds the lease of `deviceId`, or
   * the caller's one nameless lease.
   * One round trip to the engine, none to Postgres once the caller is known.
   */
  async heartbeat(caller: Caller, input: HeartbeatInput): Promise<HeartbeatView> {
    measure.heartbeat();
    const deviceId = input.deviceId == null ? null : checkId(input.deviceId, 'deviceId');
    // One too many is answered like the last one, and does no more.
    const admitted = this.limits.heartbeat(caller, deviceId ?? '');
    if (admitted !== true && !(await admitted)) return this.beaten(await this.truthOf(caller.userId));
    const active = input.active ?? true;
    const socket = this.holds.socketOf(caller);
    let holder: Holder;
    if (socket) {
      socket.active = active;
      if (input.platform) socket.holder = { ...socket.holder, platform: checkPlatform(input.platform) };
      holder = socket.holder;
    } else if (caller.connectionId !== undefined) {
      // It is that of a socket which only watches.
      return this.beaten(await this.truthOf(caller.userId));
    } else {
      holder = { kind: 'lease', id: deviceId ?? '', deviceId, platform: checkPlatform(input.platform) };
    }
    const truth = await this.holds.hold(holder, caller.userId, active ? 'active' : 'idle', active);
    return this.beaten(truth);
  }

  /** Leaves at once and with no grace: everything, or what has this device id. Sockets stay open. */
  async goOffline(caller: Caller, deviceId: string | null): Promise<PresenceView> {
    if (deviceId !== null) checkId(deviceId, 'deviceId');
    return this.own((await this.holds.leave(caller.userId, deviceId)) ?? (await this.truthOf(caller.userId)));
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
    if (status === 'OFFLINE') await this.holds.leave(userId, null);
    else await this.holds.hold(NAMELESS_LEASE, userId, status === 'IDLE' ? 'idle' : 'active', true);
    await this.audit.record({ actorId: null, action: 'override', subjectId: userId, fields: { status } });
  }

  private beaten(truth: Truth): HeartbeatView | Promise<HeartbeatView> {
    const { heartbeatSeconds: nextHeartbeatInSeconds } = this.config;
    const presence = this.own(truth);
    if (!(presence instanceof Promise)) return { success: true, nextHeartbeatInSeconds, presence };
    return presence.then((own) => ({ success: true, nextHeartbeatInSeconds, presence: own }));
  }

  /**
   * The caller's own presence as others without limits see it: an invisible user reads OFFLINE here too. A promise only
   * where Postgres has to say who they are.
   */
  private own(truth: Truth): PresenceView | Promise<PresenceView> {
    const user = this.directory.sure(truth.userId);
    return user ? this.ownOf(truth, user) : this.directory.user(truth.userId).then((found) => this.ownOf(truth, found));
  }

  private ownOf(truth: Truth, user: User | null): PresenceView {
    if (!user) throw unauthenticated();
    return redact(truth, user, ABOUT_ONESELF, this.clock.now());
  }

  private async truthOf(userId: string): Promise<Truth> {
    const [truth] = await this.engine.presence.read([userId]);
    if (truth && !lacksLastSeen(truth)) return truth;
    const stored = (await this.repository.lastSeenOf([userId])).get(userId);
    return completed(truth ?? offline(userId, null, stored?.lastActive ?? null), stored?.lastSeen ?? null);
  }

  /** Later than every instance hears of it, so that watchers see the deletion and not a departure before it. */
  private forgetSoon(userId: string): void {
    this.forgetting.get(userId)?.();
    this.forgetting.set(
      userId,
      this.clock.after(FORGET_AFTER_MS, () => void this.forgetOlder(userId)),
    );
  }

  /** By then somebody new may have the id, and be here: what is theirs stays. */
  private async forgetOlder(userId: string): Promise<void> {
    const askedAt = this.clock.monotonic();
    try {
      const age = await this.directory.ageOf(userId);
      const sinceAsked = this.clock.monotonic() - askedAt;
      await this.forget(userId, age === null ? undefined : age + sinceAsked + UNDER_WAY_MS);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // Whether they are gone cannot be asked: what is left of somebody deleted is never shown, as below.
      this.forgetting.delete(userId);
    }
  }

  private async forget(userId: string, bornMs?: number): Promise<void> {
    this.forgetting.get(userId)?.();
    this.forgetting.delete(userId);
    try {
      await this.engine.presence.forget(userId, bornMs);
    } catch (error) {
      // What is left of a deleted user is never shown: nobody has a dossier of them any more.
      if (!(error instanceof Refusal)) throw error;
    }
  }
}
