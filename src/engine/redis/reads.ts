import type { Truth } from '../engine.js';
import type { Memberships } from './membership.js';
import type { Scripts } from './scripts.js';
import { texts } from './scripts.js';
import { byShard } from './shards.js';
import { truthOf } from './truth.codec.js';

type Found = ReadonlyMap<string, Truth | null>;

/** Asked for while another reading of the shard was under way; begins when that has ended. */
interface Round {
  readonly userIds: Set<string>;
  readonly found: Promise<Found>;
}

/**
 * Readings of truths. A shard is asked one thing at a time: what comes meanwhile is asked together afterwards, so that a
 * thousand sockets that open at once cost a few commands a shard, and one that opens alone waits for nobody.
 */
export class Reads {
  private readonly lanes = new Map<number, { next: Round | null; last: Promise<unknown> }>();

  constructor(
    private readonly scripts: Scripts,
    private readonly memberships: Memberships,
  ) {}

  /** In the order asked, as the store has them; each is read after this was called. */
  async read(userIds: readonly string[]): Promise<readonly (Truth | null)[]> {
    const truths = new Array<Truth | null>(userIds.length).fill(null);
    const shards = [...byShard(userIds)].map(async ([shard, positions]) => {
      const round = this.roundOf(shard);
      for (const at of positions) round.userIds.add(userIds[at] ?? '');
      const found = await round.found;
      for (const at of positions) truths[at] = found.get(userIds[at] ?? '') ?? null;
    });
    await Promise.all(shards);
    return truths;
  }

  private roundOf(shard: number): Round {
    let lane = this.lanes.get(shard);
    if (!lane) this.lanes.set(shard, (lane = { next: null, last: Promise.resolve() }));
    return lane.next && lane.next.userIds.size < USERS_A_ROUND ? lane.next : this.open(shard, lane);
  }

  private open(shard: number, lane: { next: Round | null; last: Promise<unknown> }): Round {
    const userIds = new Set<string>();
    const found = lane.last.then(() => {
      if (lane.next?.userIds === userIds) lane.next = null;
      return this.ask(shard, [...userIds]);
    });
    // Who asked is told of a failure; the next round begins all the same.
    lane.last = found.catch(() => undefined);
    return (lane.next = { userIds, found });
  }

  private async ask(shard: number, userIds: readonly string[]): Promise<Found> {
    const { key } = this.memberships.of(shard);
    const [epoch = '', ...texted] = texts(await this.scripts.run('truth-read', key, ...userIds));
    this.memberships.saw(shard, epoch);
    return new Map(userIds.map((userId, at) => [userId, truthOf(userId, texted[at] ?? '')]));
  }
}

/** A script that reads more would hold up others for milliseconds. */
const USERS_A_ROUND = 1000;
