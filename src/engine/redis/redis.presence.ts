import { unavailable } from '../../kernel/errors.js';
import { PresenceStore } from '../engine.js';
import type {
  Account,
  Custom,
  CustomLoader,
  EngineSettings,
  HolderState,
  HoldRequest,
  ReleaseRequest,
  Seen,
  Stop,
  Truth,
} from '../engine.js';
import { askEach } from './each.js';
import type { Leases } from './leases.js';
import type { Memberships } from './membership.js';
import { Reads } from './reads.js';
import type { Answer, ScriptName, Scripts } from './scripts.js';
import { texts } from './scripts.js';
import { byShard, SHARDS, shardOf } from './shards.js';
import type { Sockets } from './sockets.js';
import { accountOf } from './account.codec.js';
import { customArgs, holderOf, truthOf } from './truth.codec.js';
import type { Watches } from './watches.js';

/** What a user has given up: sockets of other instances, and one lease, or with null all. */
export interface Left {
  readonly userId: string;
  readonly lease: string | null;
  readonly sockets: readonly string[];
}

/** Who is here, over all instances. Every method is one script, or one for each shard that is touched. */
export class RedisPresence extends PresenceStore {
  private readonly reads: Reads;

  constructor(
    private readonly scripts: Scripts,
    private readonly memberships: Memberships,
    private readonly sockets: Sockets,
    private readonly leases: Leases,
    private readonly watches: Watches,
    private readonly settings: EngineSettings,
    /** Tells the other instances what has left of what they know: should the store be emptied, it would come back. */
    private readonly tellLeft: (left: Left) => void,
  ) {
    super();
    this.reads = new Reads(scripts, memberships);
  }

  hold(request: HoldRequest): Promise<Truth | null> {
    return request.holder.kind === 'socket' ? this.sockets.hold(request) : this.holdLease(request);
  }

  private async holdLease(request: HoldRequest): Promise<Truth | null> {
    const { userId, holder, activity, custom } = request;
    const args = [holder.id, holder.deviceId ?? '', holder.platform, activity, ...customArgs(custom)];
    const [verdict, truth = '', epoch = ''] = texts(await this.run('lease-hold', userId, ...args));
    if (verdict !== 'OK') return null;
    this.memberships.saw(shardOf(userId), epoch);
    this.leases.renewed(request);
    return truthOf(userId, truth);
  }

  async release(request: ReleaseRequest): Promise<readonly string[]> {
    if (request.kind === 'socket') return this.sockets.release(request);
    const { userId, id, departure, silentMs } = request;
    this.leases.left(userId, id);
    this.tellLeft({ userId, lease: id, sockets: [] });
    return texts(await this.run('lease-release', userId, id, Math.round(silentMs), this.sockets.graceMs(departure)));
  }

  async leave(userId: string, deviceId: string | null): Promise<{ truth: Truth | null; typing: readonly string[] }> {
    const answer = await this.run('user-leave', userId, ...(deviceId === null ? [] : [deviceId]));
    const [truth, detached, typing, dropped] = Array.isArray(answer) ? (answer as readonly Answer[]) : [];
    const elsewhere = this.sockets.detach(texts(detached));
    this.leases.left(userId, deviceId);
    if (elsewhere.length > 0 || Number(dropped) > 0) this.tellLeft({ userId, lease: deviceId, sockets: elsewhere });
    return { truth: truthOf(userId, String(truth)), typing: texts(typing) };
  }

  loadCustomsWith(load: CustomLoader): Stop {
    return this.sockets.loadCustomsWith(load);
  }

  async setCustom(userId: string, custom: Custom, touch: boolean): Promise<Truth | null> {
    return truthOf(userId, String(await this.run('custom-set', userId, touch ? '1' : '0', ...customArgs(custom))));
  }

  async touch(userId: string): Promise<void> {
    await this.run('activity-touch', userId);
  }

  /** While the store is being rebuilt, absent does not mean offline: what was known, or no answer. */
  async read(userIds: readonly string[]): Promise<readonly (Truth | null)[]> {
    const truths = await this.readStore(userIds);
    return truths.map((truth, at) => {
      const userId = userIds[at] ?? '';
      if (truth !== null || !this.memberships.isRebuilding(shardOf(userId))) return truth;
      const known = this.watches.known(userId);
      if (known === null) throw unavailable();
      return known;
    });
  }

  /** As the store has them. */
  readStore(userIds: readonly string[]): Promise<readonly (Truth | null)[]> {
    return this.reads.read(userIds);
  }

  async holders(userId: string): Promise<readonly HolderState[]> {
    const [now, ...found] = texts(await this.run('holder-list', userId));
    return found
      .flatMap((text) => holderOf(text, Number(now), this.settings.idleAfterMs) ?? [])
      .sort((left, right) => left.connectedAt - right.connectedAt);
  }

  async account(userId: string, transitions: number): Promise<Account> {
    return accountOf(userId, await this.run('user-account', userId, transitions), this.settings.idleAfterMs);
  }

  online(): number {
    return this.memberships.all.reduce((sum, { shown }) => sum + shown, 0);
  }

  async forget(userId: string, bornMs?: number): Promise<void> {
    this.sockets.forget(userId, bornMs);
    if (bornMs === undefined) this.forgetLeases(userId);
    const forgotten = await this.run('user-forget', userId, ...(bornMs === undefined ? [] : [Math.ceil(bornMs)]));
    // Else all that there is belongs to somebody new, leases included.
    if (bornMs !== undefined && forgotten === 1) this.forgetLeases(userId);
  }

  watch(userIds: readonly string[]): Promise<readonly (Truth | null)[]> {
    return this.watches.watch(userIds, (ids) => this.read(ids));
  }

  unwatch(userIds: readonly string[]): void {
    this.watches.unwatch(userIds);
  }

  onTruth(listener: (userId: string, truth: Truth | null) => void): Stop {
    return this.watches.onTruth(listener);
  }

  async noteTyping(userId: string, conversationId: string): Promise<void> {
    await this.run('typing-note', userId, conversationId);
  }

  /** From all shards alike, so that none waits for another. */
  async unstored(limit: number): Promise<readonly Seen[]> {
    const each = Math.ceil((limit * 4) / SHARDS);
    const questions = this.memberships.all.map(({ key }) => ({ key, args: [Math.max(1, each)] }));
    const answers = await Promise.all(askEach(this.scripts, 'seen-list', questions));
    return answers.flatMap((answer) => seenOf(texts(answer))).slice(0, limit);
  }

  async stored(seen: readonly Seen[]): Promise<void> {
    const shards = byShard(seen.map((one) => one.userId));
    const stored = [...shards].map(([shard, positions]) => {
      const args = positions.flatMap((at) => storedArgs(seen[at]));
      return this.scripts.run('seen-stored', this.memberships.of(shard).key, ...args);
    });
    await Promise.all(stored);
  }

  private forgetLeases(userId: string): void {
    this.leases.left(userId, null);
    this.tellLeft({ userId, lease: null, sockets: [] });
  }

  private run(name: ScriptName, userId: string, ...args: readonly (string | number)[]): Promise<Answer> {
    return this.scripts.run(name, this.memberships.of(shardOf(userId)).key, userId, ...args);
  }
}

function seenOf(flat: readonly string[]): Seen[] {
  const seen: Seen[] = [];
  for (let at = 0; at < flat.length; at += 2) {
    const [lastSeen, lastActive] = (flat[at + 1] ?? '').split('|').map(Number);
    seen.push({ userId: flat[at] ?? '', lastSeen: lastSeen || null, lastActive: lastActive || null });
  }
  return seen;
}

const storedArgs = (one: Seen | undefined) =>
  one === undefined ? [] : [one.userId, `${one.lastSeen ?? 0}|${one.lastActive ?? 0}`];
