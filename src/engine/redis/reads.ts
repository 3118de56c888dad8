import type { Truth } from '../engine.js';
import { KeptTruths } from './kept.truths.js';
import type { Memberships } from './membership.js';
import type { Scripts } from './scripts.js';
import { texts } from './scripts.js';
import { byShard } from './shards.js';

/** By place in the round. */
type Found = readonly (Truth | null)[];

/** Asked for while another reading was under way; begins when that has ended, or when it is full. */
interface Round {
  /** Where in the round each user is. */
  readonly places: Map<string, number>;
  readonly found: Promise<Found>;
  readonly begin: () => void;
}

interface Lane {
  next: Round | null;
  last: Promise<unknown>;
}

/**
 * Readings of truths. One thing is asked at a time: what comes meanwhile is asked together afterwards, so that a
 * thousand sockets that open at once cost a few commands, and one that opens alone waits for nobody. Where one server
 * has all shards, a command reads from all of them; in a cluster each shard has a lane of its own.
 */
export class Reads {
  private readonly lanes = new Map<number, Lane>();
  private readonly kept = new KeptTruths();

  constructor(
    private readonly scripts: Scripts,
    private readonly memberships: Memberships,
  ) {}

  /** In the order asked, as the store has them; each is read after this was called. */
  async read(userIds: readonly string[]): Promise<readonly (Truth | null)[]> {
    if (userIds.length === 0) return [];
    if (this.scripts.together) return this.inLane(0, userIds);
    const truths = new Array<Truth | null>(userIds.length).fill(null);
    const shards = [...byShard(userIds)].map(async ([shard, positions]) => {
      const found = await this.inLane(
        shard,
        positions.map((at) => userIds[at] ?? ''),
      );
      positions.forEach((at, i) => (truths[at] = found[i] ?? null));
    });
    await Promise.all(shards);
    return truths;
  }

  private async inLane(number: number, userIds: readonly string[]): Promise<readonly (Truth | null)[]> {
    const { places, found, begin } = this.roundOf(number);
    const own = userIds.map((userId) => placeOf(userId, places));
    if (places.size >= USERS_A_ROUND) begin();
    const truths = await found;
    return own.map((place) => truths[place] ?? null);
  }

  private roundOf(number: number): Round {
    let lane = this.lanes.get(number);
    if (!lane) this.lanes.set(number, (lane = { next: null, last: Promise.resolve() }));
    return lane.next ?? this.open(lane);
  }

  private open(lane: Lane): Round {
    const places = new Map<string, number>();
    let begin = () => {};
    const turn = new Promise<void>((resolve) => {
      begin = () => {
        if (lane.next?.places === places) lane.next = null;
        resolve();
      };
    });
    void lane.last.then(begin);
    const found = turn.then(() => this.ask([...places.keys()]));
    // Who asked is told of a failure; the next round begins all the same.
    lane.last = found.catch(() => undefined);
    return (lane.next = { places, found, begin });
  }

  private async ask(userIds: readonly string[]): Promise<Found> {
    const shards = byShard(userIds);
    const keys: string[] = [];
    const args: string[] = [];
    for (const [shard, positions] of shards) {
      keys.push(this.memberships.of(shard).key);
      args.push(positions.map((at) => userIds[at]).join(' '));
    }
    const answer = texts(await this.scripts.runOver('truth-read', keys, args));
    const found = new Array<Truth | null>(userIds.length).fill(null);
    let next = 0;
    for (const [shard, positions] of shards) {
      this.memberships.saw(shard, answer[next++] ?? '');
      for (const at of positions) found[at] = this.kept.of(userIds[at] ?? '', answer[next++] ?? '');
    }
    return found;
  }
}

function placeOf(userId: string, places: Map<string, number>): number {
  const known = places.get(userId);
  if (known !== undefined) return known;
  places.set(userId, places.size);
  return places.size - 1;
}

/** A script that reads more would hold up others for milliseconds. */
const USERS_A_ROUND = 1000;
