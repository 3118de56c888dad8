import { randomBytes } from 'node:crypto';
import type { Clock } from '../../kernel/clock.js';
import { notice } from '../../kernel/logging/notices.js';
import { measure } from '../../kernel/metrics/measure.js';
import type { EngineSettings } from '../engine.js';
import { askEach } from './each.js';
import type { Answer, Scripts } from './scripts.js';
import { texts } from './scripts.js';
import { presenceKey, SHARDS } from './shards.js';
import type { Timings } from './timings.js';

/** What this instance is to one shard. */
export interface Membership {
  readonly shard: number;
  readonly key: string;
  /** Name of one life of this instance in the shard: a new one after every fence. */
  incarnation: string;
  /** Of the store's contents; '' before the first beat. Another one: everything was lost. */
  epoch: string;
  /** Of the server that answers: another one has started again or taken over, and may lack the last writes. */
  history: string;
  /** Highest version seen; the store never falls behind it. */
  version: number;
  /** Last beat that was acknowledged, and when the store was found emptied; monotonic. */
  beatAt: number;
  lostAt: number;
  joining: Promise<void> | null;
  /** What the store's clock is ahead of the monotonic one of this process. */
  clockAhead: number;
  /** Users of the shard who are shown as something else than OFFLINE, by the last beat. */
  shown: number;
}

export interface MembershipListener {
  /** A new life in the shard; nothing is registered in it yet. `lost`: the store was emptied. */
  joined(membership: Membership, lost: boolean): void;
  /** The store may have gone back to what it was a moment ago. */
  doubted(membership: Membership): void;
  /** After every beat: how many sockets the store has for this instance. */
  counted(membership: Membership, owned: number): Promise<void>;
}

/** The lives of this instance in the shards: beats, fences, and finding out that the store was emptied. */
export class Memberships {
  readonly all: readonly Membership[];
  private readonly listeners: MembershipListener[] = [];

  constructor(
    private readonly scripts: Scripts,
    private readonly clock: Clock,
    private readonly settings: EngineSettings,
    private readonly timings: Timings,
  ) {
    this.all = Array.from({ length: SHARDS }, (_, shard) => ({
      shard,
      key: presenceKey(shard),
      incarnation: this.newIncarnation(),
      epoch: '',
      history: '',
      version: 0,
      beatAt: -Infinity,
      lostAt: -Infinity,
      joining: null,
      clockAhead: 0,
      shown: 0,
    }));
  }

  listen(listener: MembershipListener): void {
    this.listeners.push(listener);
  }

  of(shard: number): Membership {
    const membership = this.all[shard];
    if (membership === undefined) throw new RangeError(`No shard ${shard}`);
    return membership;
  }

  async join(): Promise<void> {
    await Promise.all(this.beatSome(this.all, true));
  }

  /** All at once, in one round trip; those that fail do not hold up the others. */
  async beat(): Promise<void> {
    const joining = this.all.flatMap((membership) => membership.joining ?? []);
    const alive = this.all.filter((membership) => membership.joining === null);
    const beats = await Promise.allSettled([...joining, ...this.renew(alive)]);
    const failed = beats.find((beat) => beat.status === 'rejected');
    if (failed) throw failed.reason;
  }

  async leave(): Promise<void> {
    await Promise.all(this.all.map(({ key, incarnation }) => this.scripts.run('instance-leave', key, incarnation)));
  }

  /** Every shard has acknowledged this instance lately enough for the others to count on it. */
  get up(): boolean {
    const since = this.clock.monotonic() - this.timings.selfFenceMs;
    return this.all.every((membership) => membership.beatAt >= since);
  }

  /** The store was emptied, and not everybody may be back yet. */
  isRebuilding(shard: number): boolean {
    return this.clock.monotonic() - this.of(shard).lostAt < this.timings.rebuildMs;
  }

  /** Whoever sees an answer says which contents it came from; another epoch than known begins a new life. */
  saw(shard: number, epoch: string): void {
    const membership = this.of(shard);
    if (membership.epoch === '' || epoch === membership.epoch || membership.joining) return;
    membership.lostAt = this.clock.monotonic();
    // The next beat tries again, should this fail.
    this.beginLife(membership).catch(() => undefined);
  }

  /** Begins a new life in the shard after `fenced`, once, however many ask. */
  rejoin(shard: number, fenced: string): Promise<void> {
    const membership = this.of(shard);
    if (membership.incarnation !== fenced) return membership.joining ?? Promise.resolve();
    measure.fenced();
    notice('fence', `The others had given up this instance in shard ${shard}: it begins anew there`);
    return this.beginLife(membership);
  }

  private beginLife(membership: Membership): Promise<void> {
    membership.incarnation = this.newIncarnation();
    const joining = Promise.all(this.beatSome([membership], true))
      .then(() => undefined)
      .finally(() => (membership.joining = null));
    membership.joining = joining;
    return joining;
  }

  /** A life that was never acknowledged is begun again. */
  private renew(some: readonly Membership[]): Promise<void>[] {
    const lives = some.map(({ incarnation }) => incarnation);
    return this.beatSome(some, false).map(async (beat, at) => {
      const membership = some[at];
      if (!(await beat) && membership) await this.rejoin(membership.shard, lives[at] ?? '');
    });
  }

  /** In the order of `some`. False: fenced. */
  private beatSome(some: readonly Membership[], join: boolean): Promise<boolean>[] {
    const fresh = randomBytes(4).toString('hex');
    const questions = some.map(({ key, incarnation, version, epoch }) => {
      return { key, args: [incarnation, join ? '1' : '0', version, epoch, fresh] };
    });
    const known = some.map(({ epoch }) => epoch);
    const answers = askEach(this.scripts, 'instance-beat', questions);
    return some.map(async (membership, at) => this.answered(membership, join, known[at] ?? '', await answers[at]));
  }

  private async answered(membership: Membership, join: boolean, known: string, answer?: Answer): Promise<boolean> {
    const [verdict, epoch = '', version, owned, now, shown, history = ''] = texts(answer);
    if (verdict !== 'OK') return false;
    membership.beatAt = this.clock.monotonic();
    membership.clockAhead = Number(now) - membership.beatAt;
    membership.epoch = epoch;
    const doubted = membership.history !== '' && history !== membership.history;
    membership.history = history;
    membership.shown = Number(shown);
    membership.version = Math.max(membership.version, Number(version));
    const lost = known !== '' && known !== epoch;
    if (lost) {
      membership.lostAt = membership.beatAt;
      measure.storeLost();
    }
    if (doubted && !lost) for (const listener of this.listeners) listener.doubted(membership);
    if (join) for (const listener of this.listeners) listener.joined(membership, lost);
    else for (const listener of this.listeners) await listener.counted(membership, Number(owned));
    return true;
  }

  /** 96 random bits: no two lives ever share one. */
  private newIncarnation(): string {
    return `${this.settings.instanceId.replace(/[^A-Za-z0-9_.@-]/g, '_')}.${randomBytes(12).toString('hex')}`;
  }
}
