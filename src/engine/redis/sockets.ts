import type { Clock } from '../../kernel/clock.js';
import { tooManyConnections, unavailable } from '../../kernel/errors.js';
import type { CustomLoader, Custom, EngineSettings, HoldRequest, ReleaseRequest, Truth } from '../engine.js';
import { Departures } from './departures.js';
import type { Membership, MembershipListener, Memberships } from './membership.js';
import type { Scripts } from './scripts.js';
import { texts } from './scripts.js';
import { SHARDS, shardOf } from './shards.js';
import { customArgs, truthOfPacked } from './truth.codec.js';

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
  /** The store may have lost what it had acknowledged: what is known here goes. */
  doubted: boolean;
}

/**
 * The sockets of this process. Their state here is what counts: each change goes to the store at once, and what the
 * store has not acknowledged is tried again until it has, or a new life of this instance registers everything anew.
 */
export class Sockets implements MembershipListener {
  private readonly sockets = new Map<string, Socket>();
  private readonly inShard = Array.from({ length: SHARDS }, () => new Set<string>());
  private readonly dirty = new Set<string>();
  private readonly departures: Departures;
  private readonly mismatches = new Map<number, number>();
  /** Shards in which closed sockets may have come back to life. */
  private readonly doubts = new Set<Membership>();
  private loader: CustomLoader | null = null;

  constructor(
    private readonly scripts: Scripts,
    private readonly memberships: Memberships,
    private readonly clock: Clock,
    private readonly settings: EngineSettings,
  ) {
    this.departures = new Departures(scripts, memberships, clock);
    memberships.listen(this);
  }

  hold(request: HoldRequest): Promise<Truth | null> {
    const known = this.sockets.get(request.holder.id);
    if (known === undefined) return this.register(request);
    this.mark(known, request, false);
    return this.push(known, request.custom);
  }

  /** Answers the conversations in which typing has to be ended. */
  release(request: ReleaseRequest): Promise<readonly string[]> {
    const socket = this.sockets.get(request.id);
    if (socket !== undefined) this.drop(socket);
    const { id, userId } = request;
    const at = this.clock.monotonic() - request.silentMs;
    return this.departures.giveBack({
      id,
      userId,
      shard: shardOf(userId),
      at,
      graceMs: this.graceMs(request.departure),
    });
  }

  /** They stop counting until they are attached again. Answers those that are not of this process. */
  detach(ids: readonly string[]): readonly string[] {
    return ids.filter((id) => {
      const socket = this.sockets.get(id);
      if (socket !== undefined) socket.counts = false;
      return socket === undefined;
    });
  }

  /**
   * Of a deleted user, but not those of somebody new who has had the id for `bornMs`. Those on other instances are
   * dropped there when the numbers do not agree.
   */
  forget(userId: string, bornMs = 0): void {
    const born = this.clock.monotonic() - bornMs;
    for (const socket of this.ofUser(userId)) if (bornMs === 0 || socket.connectedAt < born) this.drop(socket);
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
    return this.dirty.size + this.departures.size;
  }

  loadCustomsWith(load: CustomLoader): () => void {
    this.loader = load;
    return () => {
      if (this.loader === load) this.loader = null;
    };
  }

  /** Some of what the store has not acknowledged; the rest comes with the next turns. */
  async retry(): Promise<void> {
    // A shard that is away holds up none of these.
    const tries = await Promise.allSettled([this.retryDirty(), this.departures.retry(), this.retryDoubts()]);
    const failed = tries.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
  }

  joined({ shard }: Membership, lost: boolean): void {
    for (const id of this.inShard[shard] ?? []) this.dirty.add(id);
    this.departures.voidFailed(shard);
    if (lost) this.bringBack(shard);
  }

  doubted(membership: Membership): void {
    const { shard } = membership;
    for (const id of this.inShard[shard] ?? []) {
      const socket = this.sockets.get(id);
      if (socket === undefined) continue;
      socket.doubted = true;
      this.dirty.add(id);
    }
    this.doubts.add(membership);
    this.bringBack(shard);
  }

  async counted(membership: Membership, owned: number): Promise<void> {
    const { shard } = membership;
    // While something is on its way the numbers differ for no reason.
    const equal = owned === this.inShard[shard]?.size || this.dirty.size > 0 || this.departures.size > 0;
    const times = equal ? 0 : (this.mismatches.get(shard) ?? 0) + 1;
    this.mismatches.set(shard, times);
    if (times >= 2) await this.reconcile(membership);
  }

  private bringBack(shard: number): void {
    if (this.loader === null) return;
    void this.departures.bringBack(shard, this.loader, (userId) => this.ofUser(userId).length > 0);
  }

  /**
   * Adds what the store misses and removes what it has too many. Doing either once too often is harmless. False: there
   * is more to be removed.
   */
  private async reconcile({ shard, key, incarnation }: Membership): Promise<boolean> {
    const flat = texts(await this.scripts.run('socket-list', key, incarnation));
    const owned = new Map<string, string>();
    for (let at = 0; at < flat.length; at += 2) owned.set(flat[at] ?? '', flat[at + 1] ?? '');
    for (const id of this.inShard[shard] ?? []) if (!owned.has(id)) this.dirty.add(id);
    const extra = [...owned].filter(([id]) => !this.sockets.has(id) && !this.departures.has(id));
    const at = this.clock.monotonic();
    const graceMs = this.graceMs('abrupt');
    await Promise.all(
      extra
        .slice(0, BATCH)
        .map(([id, userId]) =>
          this.departures.giveBack(this.departures.known(id) ?? { id, userId, shard, at, graceMs }),
        ),
    );
    this.mismatches.set(shard, 0);
    return extra.length <= BATCH;
  }

  private async retryDirty(): Promise<void> {
    for (let round = 0; round < ROUNDS && this.dirty.size > 0; round++) await this.retrySockets();
  }

  private async retryDoubts(): Promise<void> {
    for (const membership of this.doubts) if (await this.reconcile(membership)) this.doubts.delete(membership);
  }

  private async retrySockets(): Promise<void> {
    const sockets = firstOf(this.dirty, BATCH).flatMap((id) => this.sockets.get(id) ?? []);
    const doubted = sockets.filter((socket) => socket.doubted).map(({ userId }) => userId);
    const customs = await this.customsOf([...new Set(doubted)]);
    const truths = await Promise.all(sockets.map((socket) => this.push(socket, customs.get(socket.userId))));
    await this.registerAnew(sockets.filter((_, at) => truths[at] === null));
  }

  /** Chosen statuses of up to 500 users, as far as they are to be had: the store may have gone back to older ones. */
  async customsOf(userIds: readonly string[]): Promise<ReadonlyMap<string, Custom>> {
    if (userIds.length === 0 || this.loader === null) return new Map();
    return this.loader(userIds).catch(() => new Map());
  }

  private async register(request: HoldRequest): Promise<Truth | null> {
    const socket = this.add(request);
    this.mark(socket, request, true);
    const truth = await this.push(socket, request.custom, request.socketsMax);
    // Without a chosen status the socket is not registered: the caller asks again with it.
    if (truth === null) this.drop(socket);
    return truth;
  }

  /**
   * Null: the store knows nothing of the user, and no chosen status was given. What it has not taken is tried again.
   * `max`: a socket beyond so many of the user is refused, and not tried again.
   */
  private async push(socket: Socket, custom?: Custom, max?: number): Promise<Truth | null> {
    try {
      const { incarnation } = this.memberships.of(socket.shard);
      let answer = await this.runHold(socket, custom, max);
      if (answer === 'FENCED') answer = await this.pushAgain(socket, incarnation, custom, max);
      if (answer !== 'UNKNOWN') return this.taken(socket, answer);
    } catch (error) {
      this.tryAgain(socket);
      throw error;
    }
    this.tryAgain(socket);
    return null;
  }

  private async pushAgain(socket: Socket, fenced: string, custom?: Custom, max?: number): Promise<string> {
    await this.memberships.rejoin(socket.shard, fenced);
    // Closed meanwhile: it must not come back.
    if (this.sockets.get(socket.id) !== socket) return 'UNKNOWN';
    const answer = await this.runHold(socket, custom, max);
    if (answer === 'FENCED') throw unavailable();
    return answer;
  }

  private taken(socket: Socket, answer: string): Truth | null {
    if (answer === 'FULL') {
      this.drop(socket);
      throw tooManyConnections();
    }
    const epochAt = answer.indexOf('|', 2);
    this.dirty.delete(socket.id);
    socket.counts = answer.startsWith('1');
    socket.attach = false;
    socket.doubted = false;
    this.memberships.saw(socket.shard, answer.slice(2, epochAt));
    return truthOfPacked(socket.userId, answer.slice(epochAt + 1));
  }

  private tryAgain(socket: Socket): void {
    if (this.sockets.get(socket.id) === socket) this.dirty.add(socket.id);
  }

  /** See lua/socket-hold.lua. */
  private runHold(socket: Socket, custom: Custom | undefined, max: number | undefined): Promise<string> {
    const { key, incarnation } = this.memberships.of(socket.shard);
    const { id, userId, deviceId, platform, idle } = socket;
    const now = this.clock.monotonic();
    const connected = Math.round(now - socket.connectedAt);
    const active = socket.activeAt === null ? -1 : Math.round(now - socket.activeAt);
    const [version, on, off, message, ends] = customArgs(custom);
    const state = `${connected}|${active}|${idle ? 1 : 0}|${countsArg(socket)}`;
    const chosen = `${version}|${on}|${off}|${ends}|${max ?? ''}|${message}`;
    return this.scripts.hold(key, `${incarnation}|${id}|${userId}|${deviceId}|${platform}|${state}|${chosen}`);
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
      doubted: false,
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

/** `attach`: it counts again. `0`, `1`: as it was, if the store knows it; else this. `-`, `+`: this, whatever the store knows. */
function countsArg({ attach, counts, doubted }: Socket): string {
  if (attach) return 'attach';
  if (doubted) return counts ? '+' : '-';
  return counts ? '1' : '0';
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
