import type { Clock } from '../../kernel/clock.js';
import type { CustomLoader } from '../engine.js';
import type { Memberships } from './membership.js';
import { RecentlyGone } from './recently.gone.js';
import type { Scripts } from './scripts.js';
import { texts } from './scripts.js';

/** A socket that has closed. */
export interface Gone {
  readonly id: string;
  readonly userId: string;
  readonly shard: number;
  /** Last sign of life; monotonic. */
  readonly at: number;
  /** -1: none. */
  readonly graceMs: number;
}

/** The goodbyes of this process: each is repeated until the store has it, or it has become void with the life it is of. */
export class Departures {
  /** The store does not know them yet. */
  private readonly gone = new Map<string, Gone>();
  /** Of those: to be tried again. */
  private readonly failed = new Set<string>();
  private readonly recent: RecentlyGone;

  constructor(
    private readonly scripts: Scripts,
    private readonly memberships: Memberships,
    private readonly clock: Clock,
  ) {
    this.recent = new RecentlyGone(scripts, clock);
  }

  get size(): number {
    return this.gone.size;
  }

  /** On its way to the store. */
  has(id: string): boolean {
    return this.gone.has(id);
  }

  /** How one went that the store has once known to be gone. */
  known(id: string): Gone | undefined {
    return this.recent.get(id);
  }

  /** Answers the conversations in which typing has to be ended. */
  giveBack(gone: Gone): Promise<readonly string[]> {
    this.gone.set(gone.id, gone);
    return this.push(gone);
  }

  /** Some of those that failed. */
  async retry(): Promise<void> {
    const failed = [...this.failed].slice(0, BATCH).flatMap((id) => this.gone.get(id) ?? []);
    await Promise.all(failed.map((gone) => this.push(gone)));
  }

  /** What the last life still had to give back is taken from it by the fence, or was lost. */
  voidFailed(shard: number): void {
    for (const id of this.failed) {
      const gone = this.gone.get(id);
      if (gone?.shard === shard) this.giveUp(gone);
    }
  }

  /** The store may have lost when they were last seen. */
  async bringBack(shard: number, load: CustomLoader, isHere: (userId: string) => boolean): Promise<void> {
    await this.recent.bringBack(shard, load, isHere);
  }

  private async push(gone: Gone): Promise<readonly string[]> {
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
      this.forget(gone);
      if (shown !== '' && shown !== 'OFFLINE') this.recent.add(gone);
      return typing;
    } catch (error) {
      // A life that could not be begun anew has made it void all the same.
      if (this.gone.has(gone.id)) this.failed.add(gone.id);
      throw error;
    }
  }

  private giveUp(gone: Gone): void {
    this.forget(gone);
    this.recent.add(gone);
  }

  private forget({ id }: Gone): void {
    this.gone.delete(id);
    this.failed.delete(id);
  }
}

/** Calls in one round trip. */
const BATCH = 500;
