import type { Clock } from '../../kernel/clock.js';
import type { Repair } from '../../kernel/metrics/labels.js';
import { measure } from '../../kernel/metrics/measure.js';
import type { Stop, Truth } from '../engine.js';
import { Interests } from '../interests.js';
import type { Channels } from './channels.js';
import { askEach } from './each.js';
import { Listening } from './listening.js';
import type { Membership, MembershipListener, Memberships } from './membership.js';
import type { Scripts } from './scripts.js';
import { texts } from './scripts.js';
import { byShard, presenceChannel, SHARDS, shardOf } from './shards.js';
import type { Timings } from './timings.js';
import { toldOf } from './truth.codec.js';
import type { Told } from './truth.codec.js';

/** What this instance knows of a user somebody here watches. */
interface Watched {
  version: number;
  truth: Truth | null;
  /** A snapshot or an event has come; later ones are told. */
  known: boolean;
  /** Came while the store was being rebuilt, when the platforms of a user come back one by one. */
  held: Truth | null;
}

type Read = (userIds: readonly string[]) => Promise<readonly (Truth | null)[]>;

/**
 * Users watched on this instance. An event carries the whole truth, so that losing one costs nothing but time: what
 * changed is asked for every few seconds, whether or not a message has come.
 */
export class Watches implements MembershipListener {
  private readonly interests = new Interests<(userId: string, truth: Truth | null) => void>();
  private readonly watched = new Map<string, Watched>();
  private readonly inShard = Array.from({ length: SHARDS }, () => new Set<string>());
  /** Version up to which each shard's changes have been looked at. */
  private readonly looked = new Array<number>(SHARDS).fill(0);
  /** Shards that may have lost what was told -> when to compare; monotonic. */
  private readonly doubtful = new Map<number, number>();
  private readonly listening: Listening;

  constructor(
    private readonly scripts: Scripts,
    private readonly memberships: Memberships,
    private readonly clock: Clock,
    private readonly timings: Timings,
    channels: Channels,
    /** As the store has them, null for absent. */
    private readonly readStore: Read,
  ) {
    memberships.listen(this);
    this.listening = new Listening(channels, clock, timings.lingerMs, presenceChannel, (userId, payload) =>
      this.heard(userId, toldOf(userId, payload)),
    );
    channels.onReturn(() => void this.readAgain([...this.watched.keys()], 'reconnected').catch(() => undefined));
  }

  async watch(userIds: readonly string[], read: Read): Promise<readonly (Truth | null)[]> {
    for (const userId of this.interests.add(userIds)) this.begin(userId);
    try {
      await this.listening.begin(userIds);
      const truths = await read(userIds);
      for (const [at, userId] of userIds.entries()) this.snapshot(userId, truths[at] ?? null);
      return truths.map((truth, at) => this.newest(userIds[at] ?? '', truth));
    } catch (error) {
      this.unwatch(userIds);
      throw error;
    }
  }

  unwatch(userIds: readonly string[]): void {
    const ended = this.interests.remove(userIds);
    for (const userId of ended) {
      this.watched.delete(userId);
      this.inShard[shardOf(userId)]?.delete(userId);
    }
    this.listening.end(ended);
  }

  onTruth(listener: (userId: string, truth: Truth | null) => void): Stop {
    return this.interests.listen(listener);
  }

  /** What is known here of a user without asking. */
  known(userId: string): Truth | null {
    return this.watched.get(userId)?.truth ?? null;
  }

  /** Looks for what was missed. */
  async repair(): Promise<void> {
    const shards = this.memberships.all.filter(({ shard }) => (this.inShard[shard]?.size ?? 0) > 0);
    const now = this.clock.monotonic();
    const isSure = ({ shard }: Membership) => (this.doubtful.get(shard) ?? Infinity) > now;
    const doubted = shards.filter((membership) => !isSure(membership)).map((membership) => this.compare(membership));
    await Promise.all([...this.repairSome(shards.filter(isSure)), ...doubted]);
  }

  /** Ends channels that nobody has come back to. */
  sweep(): void {
    this.listening.sweep((userId) => this.interests.has(userId));
  }

  joined(membership: Membership, lost: boolean): void {
    if (!lost) return;
    const { shard } = membership;
    this.looked[shard] = 0;
    this.clock.after(this.timings.rebuildMs, () => this.rebuilt(shard));
    this.tellAbsentLater(membership);
  }

  doubted(membership: Membership): void {
    const { beatMs } = this.timings;
    this.looked[membership.shard] = 0;
    // Every instance has noticed by then, and said again what it knows.
    this.doubtful.set(membership.shard, this.clock.monotonic() + 2 * beatMs);
    this.tellAbsentLater(membership);
  }

  counted({ shard, version }: Membership): Promise<void> {
    if (this.inShard[shard]?.size === 0) this.looked[shard] = version;
    return Promise.resolve();
  }

  private begin(userId: string): void {
    this.watched.set(userId, { version: 0, truth: null, known: false, held: null });
    this.inShard[shardOf(userId)]?.add(userId);
  }

  private heard(userId: string, told: Told): void {
    const shard = shardOf(userId);
    const membership = this.memberships.of(shard);
    membership.version = Math.max(membership.version, told.version);
    if (told.epoch !== '') this.memberships.saw(shard, told.epoch);
    // A version begins with the store's clock, microseconds.
    measure.propagated(this.clock.monotonic() + membership.clockAhead - told.version / 1000);
    if (told.truth === null) this.forgotten(userId, told.version);
    else this.accept(userId, told.truth);
  }

  private accept(userId: string, truth: Truth): void {
    const watched = this.watched.get(userId);
    if (watched === undefined || truth.version <= watched.version) return;
    if (watched.truth !== null && this.memberships.isRebuilding(shardOf(userId))) {
      if (truth.version > (watched.held?.version ?? 0)) watched.held = truth;
      return;
    }
    watched.version = truth.version;
    watched.truth = truth;
    watched.known = true;
    this.interests.tell(userId, (listener) => listener(userId, truth));
  }

  private forgotten(userId: string, version: number): void {
    const watched = this.watched.get(userId);
    if (watched === undefined || version <= watched.version) return;
    watched.version = version;
    watched.truth = null;
    watched.known = true;
    this.interests.tell(userId, (listener) => listener(userId, null));
  }

  /** The first one is the answer of `watch`; later ones may bring what others here have missed. */
  private snapshot(userId: string, truth: Truth | null): void {
    const watched = this.watched.get(userId);
    if (watched === undefined) return;
    if (watched.known) {
      if (truth !== null) this.accept(userId, truth);
      return;
    }
    watched.known = true;
    watched.truth = truth;
    watched.version = truth?.version ?? 0;
  }

  private newest(userId: string, truth: Truth | null): Truth | null {
    const watched = this.watched.get(userId);
    if (watched === undefined || watched.version <= (truth?.version ?? 0)) return truth;
    return truth === null ? null : watched.truth;
  }

  private async compare(membership: Membership): Promise<void> {
    await this.tellAgain(membership);
    await Promise.all(this.repairSome([membership]));
  }

  private repairSome(some: readonly Membership[]): Promise<void>[] {
    const questions = some.map(({ shard, key }) => ({ key, args: [this.looked[shard] ?? 0, CHANGES_MAX] }));
    const answers = askEach(this.scripts, 'shard-changes', questions);
    return some.map(async (membership, at) => this.repairOne(membership, texts(await answers[at])));
  }

  /** `answer`: what has changed, see lua/shard-changes.lua. */
  private async repairOne({ shard }: Membership, answer: readonly string[]): Promise<void> {
    const [verdict, epoch = '', version] = answer;
    this.memberships.saw(shard, epoch);
    if (verdict === 'GAP') {
      this.looked[shard] = Number(version);
      return this.readAgain([...(this.inShard[shard] ?? [])], 'gap');
    }
    const changes = answer.slice(3);
    const stale: { userId: string; version: number }[] = [];
    for (let at = 0; at < changes.length; at += 2) {
      const userId = changes[at] ?? '';
      const changed = Number(changes[at + 1]);
      this.looked[shard] = changed;
      if (this.isBehind(userId, changed)) stale.push({ userId, version: changed });
    }
    if (stale.length === 0) return;
    // Most of them are on their way.
    await new Promise<void>((resolve) => void this.clock.after(this.timings.settleMs, resolve));
    const missed = stale.filter((one) => this.isBehind(one.userId, one.version));
    if (missed.length > 0) measure.repaired('missed', missed.length);
    const truths = await this.readStore(missed.map((one) => one.userId));
    for (const [at, { userId, version: changed }] of missed.entries()) {
      const truth = truths[at] ?? null;
      if (truth !== null) this.accept(userId, truth);
      // Offline, stored and dropped, or forgotten: either way nothing is left here.
      else if (!this.memberships.isRebuilding(shard)) this.forgotten(userId, changed);
    }
  }

  private isBehind(userId: string, version: number): boolean {
    const watched = this.watched.get(userId);
    return watched !== undefined && watched.version < version && (watched.held?.version ?? 0) < version;
  }

  private async readAgain(userIds: readonly string[], reason: Repair): Promise<void> {
    measure.repaired(reason, userIds.length);
    // Shards that cannot be reached do not hold up the others.
    const shards = [...byShard(userIds).values()].map(async (positions) => {
      const truths = await this.readStore(positions.map((at) => userIds[at] ?? ''));
      for (const truth of truths) if (truth !== null) this.accept(truth.userId, truth);
    });
    await Promise.allSettled(shards);
  }

  /** What somebody here was told and the store has lost: it tells what is true there as something newer. */
  private async tellAgain({ shard, key }: Membership): Promise<void> {
    const userIds = [...(this.inShard[shard] ?? [])];
    const known = userIds.map((userId) => this.watched.get(userId)?.version ?? 0);
    const truths = await this.readStore(userIds);
    const behind = userIds.flatMap((userId, at) => {
      const version = known[at] ?? 0;
      return (truths[at]?.version ?? Infinity) < version ? { userId, version } : [];
    });
    if (behind.length > 0) measure.repaired('gap', behind.length);
    await Promise.all(behind.map(({ userId, version }) => this.scripts.run('truth-tell', key, userId, version)));
    this.doubtful.delete(shard);
  }

  /** What was held back while the platforms of a user came back one by one. */
  private rebuilt(shard: number): void {
    if (this.memberships.isRebuilding(shard)) {
      this.clock.after(this.timings.settleMs, () => this.rebuilt(shard));
      return;
    }
    for (const userId of this.inShard[shard] ?? []) {
      const watched = this.watched.get(userId);
      const held = watched?.held ?? null;
      if (watched === undefined || held === null) continue;
      watched.held = null;
      this.accept(userId, held);
    }
  }

  private tellAbsentLater(membership: Membership): void {
    // A living instance has brought back everybody by then, one that stood still included; a dead one never will. Graces
    // were lost with the store, and to wait for the longest of them would be to show people who left long ago.
    const waitMs = this.timings.nodeTtlMs + this.timings.beatMs;
    const { lostAt } = membership;
    this.clock.after(waitMs, () => void this.tellAbsent(membership, lostAt).catch(() => undefined));
  }

  /** Emptied once more meanwhile, the store is being filled again: that loss has a turn of its own. */
  private async tellAbsent(membership: Membership, lostAt: number): Promise<void> {
    const { shard } = membership;
    const shown = [...(this.inShard[shard] ?? [])].filter((id) => (this.known(id)?.status ?? 'OFFLINE') !== 'OFFLINE');
    const truths = await this.readStore(shown);
    if (membership.lostAt !== lostAt) return;
    for (const [at, userId] of shown.entries()) {
      if (truths[at] === null) this.forgotten(userId, (this.watched.get(userId)?.version ?? 0) + 1);
    }
  }
}

/** In one answer, and in one round of reading again. */
const CHANGES_MAX = 1000;
