import type { Clock } from '../../kernel/clock.js';
import { unavailable } from '../../kernel/errors.js';
import type { CustomLoader, Custom, EngineSettings, HoldRequest, ReleaseRequest, Truth } from '../engine.js';
import type { Membership, MembershipListener, Memberships } from './membership.js';
import { RecentlyGone } from './recently.gone.js';
import type { Scripts } from './scripts.js';
import { texts } from './scripts.js';
import { SHARDS, shardOf } from './shards.js';
import { customArgs, truthOf } from './truth.codec.js';

/** A live socket of this process, as the store should have it. Times are monotonic. */
interface Socket {
  readonly id: string;
  readonly userId: string;
  readonly shard: number;
  deviceId: string;
  platform: string;
  readonly connectedAt: number;
  activeAt: number | null;
  idle: boolean;
  counts: boolean;
  /** Asked to count again, and not yet acknowledged. */
  attach: boolean;
}

/** A socket that has closed, while the store does not know it. */
interface Gone {
  readonly id: string;
  readonly userId: string;
  readonly shard: number;
  /** Last sign of life; monotonic. */
  readonly at: number;
  readonly graceMs: number;
  failed: boolean;
}

/**
 * The sockets of this process. Their state here is what counts: each change goes to the store at once, and what the
 * store has not acknowledged is tried again until it has, or a new life of this instance registers everything anew.
 */
export class Sockets implements MembershipListener {
  private readonly sockets = new Map<string, Socket>();
  private readonly inShard = Array.from({ length: SHARDS }, () => new Set<string>());
  private readonly dirty = new Set<string>();
  private readonly gone = new Map<string, Gone>();
  private readonly recent: RecentlyGone;
  private readonly mismatches = new Map<number, number>();
  private loader: CustomLoader | null = null;

  constructor(
    private readonly scripts: Scripts,
    private readonly memberships: Memberships,
    private readonly clock: Clock,
    private readonly settings: EngineSettings,
  ) {
    this.recent = new RecentlyGone(scripts, clock);
    memberships.listen(this);
  }

  async hold(request: HoldRequest): Promise<Truth | null> {
    const known = this.sockets.get(request.holder.id);
    const socket = known ?? this.add(request);
    this.mark(socket, request, known === undefined);
    try {
      const truth = await this.push(socket, request.custom);
      if (truth !== null) return truth;
      // Without a chosen status the socket is not registered: the caller asks again with it.
      if (known === undefined) this.drop(socket);
      else this.dirty.add(socket.id);
      return null;
    } catch (error) {
      if (this.sockets.get(socket.id) === socket) this.dirty.add(socket.id);
      throw error;
    }
  }

  /** Answers the conversations in which typing has to be ended. */
  release(request: ReleaseRequest): Promise<readonly string[]> {
    const socket = this.sockets.get(request.id);
    if (socket !== undefined) this.drop(socket);
    const gone: Gone = {
      id: request.id,
      userId: request.userId,
      shard: shardOf(request.userId),
      at: this.clock.monotonic() - request.silentMs,
      graceMs: this.graceMs(request.departure),
      failed: false,
    };
    this.gone.set(gone.id, gone);
    return this.pushGone(gone);
  }

  /** They stop counting until they are attached again. Answers those that are not of this process. */
  detach(ids: readonly string[]): readonly string[] {
    return ids.filter((id) => {
      const socket = this.sockets.get(id);
      if (socket !== undefined) socket.counts = false;
      return socket === undefined;
    });
  }

  /** Of a deleted user. Those on other instances are dropped there when the numbers do not agree. */
  forget(userId: string): void {
    for (const socket of this.ofUser(userId)) this.drop(socket);
  }

  /** Gives everything back; what the store does not take ends with the lease of this instance. */
  async releaseAll(): Promise<void> {
    const all = [...this.sockets.values()];
    for (let at = 0; at < all.length; at += BATCH) {
      const batch = all.slice(at, at + BATCH);
      const departure = 'abrupt';
      await Promise.all(
        batch.map(({ id, userId }) => this.release({ userId, kind: 'socket', id, departure, silentMs: 0 })),
      );
    }
  }

  /** Sockets opened or closed here of which the store does not know yet. */
  get unacknowledged(): number {
    return this.dirty.size + this.gone.size;
  }

  loadCustomsWith(load: CustomLoader): () => void {
    this.loader = load;
    return () => {
      if (this.loader === load) this.loader = null;
    };
  }

  /** Some of what the store has not acknowledged; the rest comes with the next turns. */
  async retry(): Promise<void> {
    for (let round = 0; round < ROUNDS && this.dirty.size > 0; round++) await this.retrySockets();
    const failed = [...this.gone.values()].filter((gone) => gone.failed).slice(0, BATCH);
    await Promise.all(failed.map((gone) => this.pushGone(gone)));
  }

  joined({ shard }: Membership, lost: boolean): void {
    for (const id of this.inShard[shard] ?? []) this.dirty.add(id);
    // What the last life still had to give back is taken from it by the fence, or was lost.
    for (const gone of this.gone.values()) {
      if (gone.shard === shard && gone.failed) this.giveUp(gone);
    }
    if (lost && this.loader !== null)
      void this.recent.bringBack(shard, this.loader, (userId) => this.ofUser(userId).length > 0);
  }

  async counted(membership: Membership, owned: number): Promise<void> {
    const { shard } = membership;
    // While something is on its way the numbers differ for no reason.
    const equal = owned === this.inShard[shard]?.size || this.dirty.size > 0 || this.gone.size > 0;
    const times = equal ? 0 : (this.mismatches.get(shard) ?? 0) + 1;
    this.mismatches.set(shard, times);
    if (times >= 2) await this.reconcile(membership);
  }

  /** Adds what the store misses and removes what it has too many. Doing either once too often is harmless. */
  private async reconcile({ shard, key, incarnation }: Membership): Promise<void> {
    const flat = texts(await this.scripts.run('socket-list', key, incarnation));
    const owned = new Map<string, string>();
    for (let at = 0; at < flat.length; at += 2) owned.set(flat[at] ?? '', flat[at + 1] ?? '');
    for (const id of this.inShard[shard] ?? []) if (!owned.has(id)) this.dirty.add(id);
    const extra = [...owned].filter(([id]) => !this.sockets.has(id)).slice(0, BATCH);
    const departure = 'abrupt';
    await Promise.all(
      extra.map(([id, userId]) => this.release({ userId, kind: 'socket', id, departure, silentMs: 0 })),
    );
    this.mismatches.set(shard, 0);
  }

  private async retrySockets(): Promise<void> {
    const sockets = firstOf(this.dirty, BATCH).flatMap((id) => this.sockets.get(id) ?? []);
    const truths = await Promise.all(sockets.map((socket) => this.push(socket)));
    await this.registerAnew(sockets.filter((_, at) => truths[at] === null));
  }

  private async push(socket: Socket, custom?: Custom): Promise<Truth | null> {
    const { incarnation } = this.memberships.of(socket.shard);
    let answer = await this.runHold(socket, custom);
    if (answer[0] === 'FENCED') {
      await this.memberships.rejoin(socket.shard, incarnation);
      // Closed meanwhile: it must not come back.
      if (this.sockets.get(socket.id) !== socket) return null;
      answer = await this.runHold(socket, custom);
    }
    const [verdict, truth = '', counts, epoch = ''] = answer;
    if (verdict === 'FENCED') throw unavailable();
    if (verdict === 'UNKNOWN') return null;
    this.dirty.delete(socket.id);
    socket.counts = counts === '1';
    socket.attach = false;
    this.memberships.saw(socket.shard, epoch);
    return truthOf(socket.userId, truth);
  }

  private async runHold(socket: Socket, custom: Custom | undefined): Promise<readonly string[]> {
    const { key, incarnation } = this.memberships.of(socket.shard);
    const now = this.clock.monotonic();
    const answer = await this.scripts.run(
      'socket-hold',
      key,
      incarnation,
      socket.id,
      socket.userId,
      socket.deviceId,
      socket.platform,
      Math.round(now - socket.connectedAt),
      socket.activeAt === null ? -1 : Math.round(now - socket.activeAt),
      socket.idle ? '1' : '0',
      socket.attach ? 'attach' : socket.counts ? '1' : '0',
      ...customArgs(custom),
    );
    return texts(answer);
  }

  private async pushGone(gone: Gone): Promise<readonly string[]> {
    const { key, incarnation, clockAhead } = this.memberships.of(gone.shard);
    const silentMs = Math.round(this.clock.monotonic() - gone.at);
    try {
      const answer = await this.scripts.run(
        'socket-release',
        key,
        incarnation,
        gone.id,
        gone.userId,
        silentMs,
        gone.graceMs,
        Math.round(gone.at + clockAhead),
      );
      const [verdict, shown, ...typing] = texts(answer);
      if (verdict === 'FENCED') {
        this.giveUp(gone);
        await this.memberships.rejoin(gone.shard, incarnation);
        return [];
      }
      this.gone.delete(gone.id);
      if (shown !== '' && shown !== 'OFFLINE') this.recent.add(gone.userId, gone.at);
      return typing;
    } catch (error) {
      gone.failed = true;
      throw error;
    }
  }

  private giveUp(gone: Gone): void {
    this.gone.delete(gone.id);
    this.recent.add(gone.userId, gone.at);
  }

  /** Registers sockets of users whom the store does not know any more. Who is not found was deleted. */
  private async registerAnew(sockets: readonly Socket[]): Promise<void> {
    // Those that cannot be helped now make room for the others.
    for (const { id } of sockets) if (this.dirty.delete(id)) this.dirty.add(id);
    if (sockets.length === 0 || this.loader === null) return;
    const customs = await this.loader([...new Set(sockets.map((socket) => socket.userId))]);
    await Promise.all(
      sockets.map(async (socket) => {
        const custom = customs.get(socket.userId);
        if (custom === undefined) this.drop(socket);
        else if (this.sockets.get(socket.id) === socket) await this.push(socket, custom);
      }),
    );
  }

  private add({ userId, holder }: HoldRequest): Socket {
    const socket: Socket = {
      id: holder.id,
      userId,
      shard: shardOf(userId),
      deviceId: holder.deviceId ?? '',
      platform: holder.platform,
      connectedAt: this.clock.monotonic(),
      activeAt: null,
      idle: false,
      counts: true,
      attach: false,
    };
    this.sockets.set(socket.id, socket);
    this.inShard[socket.shard]?.add(socket.id);
    return socket;
  }

  private mark(socket: Socket, { holder, activity, attach }: HoldRequest, isNew: boolean): void {
    socket.deviceId = holder.deviceId ?? '';
    socket.platform = holder.platform;
    if (activity === 'active' || (activity === 'keep' && isNew)) socket.activeAt = this.clock.monotonic();
    if (activity !== 'keep') socket.idle = activity === 'idle';
    if (attach) socket.attach = true;
  }

  private drop(socket: Socket): void {
    if (this.sockets.get(socket.id) !== socket) return;
    this.sockets.delete(socket.id);
    this.inShard[socket.shard]?.delete(socket.id);
    this.dirty.delete(socket.id);
  }

  private ofUser(userId: string): Socket[] {
    const ids = [...(this.inShard[shardOf(userId)] ?? [])];
    return ids.flatMap((id) => this.sockets.get(id) ?? []).filter((socket) => socket.userId === userId);
  }

  /** -1: none. */
  graceMs(departure: ReleaseRequest['departure']): number {
    if (departure === 'now') return -1;
    return departure === 'clean' ? this.settings.leaveGraceMs : this.settings.offlineGraceMs;
  }
}

/** Calls in one round trip, also the pace at which a new life registers everything. */
const BATCH = 500;
const ROUNDS = 4;

function firstOf<T>(values: Iterable<T>, limit: number): T[] {
  const first: T[] = [];
  for (const value of values) {
    if (first.length >= limit) break;
    first.push(value);
  }
  return first;
}
