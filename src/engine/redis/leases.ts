import type { Clock } from '../../kernel/clock.js';
import type { Custom, Holder, HoldRequest } from '../engine.js';
import type { Membership, MembershipListener, Memberships } from './membership.js';
import type { Scripts } from './scripts.js';
import { shardOf } from './shards.js';
import { customArgs } from './truth.codec.js';

/** A lease renewed through this instance. Times are monotonic. */
interface Lease {
  readonly userId: string;
  readonly holder: Holder;
  readonly idle: boolean;
  readonly activeAt: number | null;
  readonly renewedAt: number;
}

type Customs = (userIds: readonly string[]) => Promise<ReadonlyMap<string, Custom>>;

/**
 * What heartbeats without a socket have said here, as long as it may hold: should the store lose it, it is said again
 * with its age, and a newer heartbeat that another instance has taken wins.
 */
export class Leases implements MembershipListener {
  /** By user and lease, the one renewed longest ago first. */
  private readonly leases = new Map<string, Map<string, Lease>>();
  private readonly lost = new Set<Membership>();

  constructor(
    private readonly scripts: Scripts,
    memberships: Memberships,
    private readonly clock: Clock,
    private readonly leaseMs: number,
    private readonly customs: Customs,
  ) {
    memberships.listen(this);
  }

  renewed({ userId, holder, activity }: HoldRequest): void {
    const now = this.clock.monotonic();
    const own = this.leases.get(userId) ?? new Map<string, Lease>();
    const before = own.get(holder.id);
    const active = activity === 'active' || (activity === 'keep' && !before);
    const idle = activity === 'keep' ? (before?.idle ?? false) : activity === 'idle';
    own.set(holder.id, { userId, holder, idle, activeAt: active ? now : (before?.activeAt ?? null), renewedAt: now });
    this.leases.delete(userId);
    this.leases.set(userId, own);
    for (const [oldest, theirs] of this.leases) {
      if (this.leases.size <= USERS_MAX && [...theirs.values()].some((lease) => this.lives(lease, now))) return;
      this.leases.delete(oldest);
    }
  }

  /** One lease of the user, or with null all, were given up, here or elsewhere. */
  left(userId: string, id: string | null): void {
    if (id === null) this.leases.delete(userId);
    else this.leases.get(userId)?.delete(id);
  }

  joined(membership: Membership, lost: boolean): void {
    if (lost) this.lost.add(membership);
  }

  doubted(membership: Membership): void {
    this.lost.add(membership);
  }

  counted(): Promise<void> {
    return Promise.resolve();
  }

  /** Says again what was lost, shard by shard. */
  async retry(): Promise<void> {
    for (const membership of this.lost) {
      await this.bringBack(membership);
      this.lost.delete(membership);
    }
  }

  private async bringBack({ shard, key }: Membership): Promise<void> {
    const now = this.clock.monotonic();
    const own = [...this.leases.values()]
      .flatMap((theirs) => [...theirs.values()])
      .filter((lease) => shardOf(lease.userId) === shard && this.lives(lease, now));
    for (let at = 0; at < own.length; at += BATCH) {
      const some = own.slice(at, at + BATCH);
      const customs = await this.customs([...new Set(some.map(({ userId }) => userId))]);
      await Promise.all(some.map((lease) => this.say(key, lease, customs.get(lease.userId))));
    }
  }

  private say(key: string, { userId, holder, idle, activeAt, renewedAt }: Lease, custom: Custom | undefined) {
    const now = this.clock.monotonic();
    return this.scripts.run(
      'lease-hold',
      key,
      userId,
      holder.id,
      holder.deviceId ?? '',
      holder.platform,
      idle ? 'idle' : 'keep',
      ...customArgs(custom),
      Math.round(now - renewedAt),
      activeAt === null ? -1 : Math.round(now - activeAt),
    );
  }

  private lives({ renewedAt }: Lease, now: number): boolean {
    return now - renewedAt < this.leaseMs;
  }
}

const BATCH = 500;
/** Some hundred bytes each. */
const USERS_MAX = 200_000;
