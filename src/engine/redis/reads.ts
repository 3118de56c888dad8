import type { Truth } from '../engine.js';
import type { Memberships } from './membership.js';
import type { Scripts } from './scripts.js';
import { texts } from './scripts.js';
import { byShard } from './shards.js';
import { truthOfPacked } from './truth.codec.js';

type Found = ReadonlyMap<string, Truth | null>;

/** Asked for while another reading was under way; begins when that has ended, or when it is full. */
interface Round {
  readonly userIds: Set<string>;
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
    const round = this.roundOf(number);
    for (const userId of userIds) round.userIds.add(userId);
    if (round.userIds.size >= USERS_A_ROUND) round.begin();
    const found = await round.found;
    return userIds.map((userId) => found.get(userId) ?? null);
  }

  private roundOf(number: number): Round {
    let lane = this.lanes.get(number);
    if (!lane) this.lanes.set(number, (lane = { next: null, last: Promise.resolve() }));
    return lane.next ?? this.open(lane);
  }

  private open(lane: Lane): Round {
    const userIds = new Set<string>();
    let begin = () => {};
    const turn = new Promise<void>((resolve) => {
      begin = () => {
        if (lane.next?.userIds === userIds) lane.next = null;
        resolve();
      };
    });
    void lane.last.then(begin);
    const found = turn.then(() => this.ask([...userIds]));
    // Who asked is told of a failure; the next round begins all the same.
    lane.last = found.catch(() => undefined);
    return (lane.next = { userIds, found, begin });
  }

  private async ask(userIds: readonly string[]): Promise<Found> {
    const shards = [...byShard(userIds)].map(([shard, positions]) => ({
      ...this.memberships.of(shard),
      ids: positions.map((at) => userIds[at] ?? ''),
    }));
    const keys = shards.map(({ key }) => key);
    const args = shards.flatMap(({ ids }) => [ids.length, ...ids]);
    const answer = texts(await this.scripts.runOver('truth-read', keys, args));
    const found = new Map<string, Truth | null>();
    let at = 0;
    for (const { shard, ids } of shards) {
      this.memberships.saw(shard, answer[at++] ?? '');
      for (const id of ids) found.set(id, truthOfPacked(id, answer[at++] ?? ''));
    }
    return found;
  }
}

/** A script that reads more would hold up others for milliseconds. */
const USERS_A_ROUND = 1000;
