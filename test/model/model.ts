import type { Departure, EngineSettings, Shown } from '../../src/engine/engine.js';

export interface Claim {
  readonly userId: string;
  readonly kind: 'socket' | 'lease';
  counts: boolean;
  idle: boolean;
  activeAt: number;
  beatAt: number;
}

/** A last seen is in Postgres by then, and outlives a crash. */
export const STORED_WITHIN_MS = 5000;

/** What has to be true of a user now. `either`: a deadline is too near to say. */
export type Due =
  | { readonly is: 'shown'; readonly status: Shown | null }
  | { readonly is: 'gone'; readonly lastSeen: number | null }
  | { readonly is: 'either' };

/** What presence means, in as few words as it takes: no versions, no records, no store. */
export class Model {
  private readonly claims = new Map<string, Claim>();
  /** When the last claim of a user went, until when nobody may notice, and from when everybody has to. */
  private readonly left = new Map<
    string,
    { readonly at: number | null; readonly shownUntil: number; readonly graceEnd: number }
  >();

  constructor(
    private readonly settings: EngineSettings,
    /** How far the engine's time may be from the test's. Milliseconds. */
    private readonly slackMs: number,
  ) {}

  hold(userId: string, kind: Claim['kind'], id: string, activity: 'active' | 'idle' | 'keep', at: number): void {
    this.endLeases(at, userId);
    const key = `${userId} ${kind} ${id}`;
    const before = this.claims.get(key);
    const activeAt = activity === 'active' || (activity === 'keep' && !before) ? at : (before?.activeAt ?? -Infinity);
    const idle = activity === 'idle' || (activity === 'keep' && before?.idle === true);
    // A detached socket counts again only when it is attached.
    const counts = before?.counts ?? true;
    this.claims.set(key, { userId, kind, counts: counts || activity === 'active', idle, activeAt, beatAt: at });
  }

  release(userId: string, id: string, departure: Departure, at: number): void {
    this.endLeases(at, userId);
    const key = `${userId} socket ${id}`;
    const claim = this.claims.get(key);
    this.claims.delete(key);
    if (claim?.counts) this.depart(userId, at, at + this.graceOf(departure));
  }

  leave(userId: string, at: number): void {
    this.endLeases(at, userId);
    const was = this.isHere(userId);
    for (const [key, claim] of this.claims) {
      if (claim.userId !== userId) continue;
      if (claim.kind === 'lease') this.claims.delete(key);
      claim.counts = false;
    }
    const { left } = this;
    const before = left.get(userId);
    if (was) left.set(userId, { at, shownUntil: at, graceEnd: at });
    else if (before && before.graceEnd > at) left.set(userId, { at: before.at, shownUntil: at, graceEnd: at });
  }

  /** An instance has died with these sockets: from its last sign of life they are gone, noticed by the others later. */
  crash(ids: readonly string[], at: number, noticedMs: number): void {
    this.endLeases(at);
    for (const [key, claim] of this.claims) {
      if (claim.kind !== 'socket' || !ids.some((id) => key.endsWith(` ${id}`))) continue;
      this.claims.delete(key);
      if (claim.counts) this.depart(claim.userId, at, at + noticedMs + this.settings.offlineGraceMs);
    }
  }

  due(userId: string, now: number): Due {
    this.endLeases(now - this.slackMs);
    const own = [...this.claims.values()].filter((claim) => claim.userId === userId && claim.counts);
    const { leaseMs, idleAfterMs } = this.settings;
    const sure = own.filter(({ kind, beatAt }) => kind === 'socket' || beatAt + leaseMs - this.slackMs > now);
    if (sure.length > 0) {
      // A lease that has just run out may still count as active, or no more.
      const status = this.statusOf(sure, now, idleAfterMs);
      return { is: 'shown', status: status === this.statusOf(own, now, idleAfterMs) ? status : null };
    }
    if (own.length > 0) return { is: 'either' };
    const left = this.left.get(userId);
    if (left === undefined) return { is: 'gone', lastSeen: null };
    if (now < left.shownUntil - this.slackMs) return { is: 'shown', status: null };
    return now < left.graceEnd + this.slackMs ? { is: 'either' } : { is: 'gone', lastSeen: left.at };
  }

  private statusOf(own: readonly Claim[], now: number, idleAfterMs: number): Shown | null {
    const silence = own.filter(({ idle }) => !idle).map(({ activeAt }) => now - activeAt);
    if (silence.some((ms) => ms < idleAfterMs - this.slackMs)) return 'ONLINE';
    return silence.some((ms) => ms < idleAfterMs + this.slackMs) ? null : 'IDLE';
  }

  /** Claims that count, by name; a lease ends by itself at `until`. */
  claimsOf(userId: string, now: number): { readonly name: string; readonly until: number }[] {
    const counting = [...this.claims].filter(([, claim]) => claim.userId === userId && claim.counts);
    return counting
      .map(([name, { kind, beatAt }]) => ({
        name,
        until: kind === 'lease' ? beatAt + this.settings.leaseMs : Infinity,
      }))
      .filter(({ until }) => until > now);
  }

  /** The store was emptied: leases and graces were in it alone; sockets come back from those who hold them. */
  empty(at: number, noticedMs: number): void {
    this.endLeases(at);
    const users = new Set([...this.left.keys(), ...[...this.claims.values()].map(({ userId }) => userId)]);
    for (const [key, claim] of this.claims) if (claim.kind === 'lease') this.claims.delete(key);
    for (const userId of users)
      if (!this.isHere(userId)) this.left.set(userId, { at: null, shownUntil: 0, graceEnd: at + noticedMs });
  }

  /** The only instance has ended, and all claims with it. `exact`: in good order, so that the last seen is that moment. */
  end(at: number, exact: boolean): void {
    this.endLeases(at);
    for (const { userId, counts } of this.claims.values())
      if (counts) this.left.set(userId, { at: exact ? at : null, shownUntil: 0, graceEnd: 0 });
    this.claims.clear();
    for (const [userId, left] of this.left) {
      const noticed = Math.max(left.at ?? 0, left.graceEnd);
      // What was known only a moment ago may not have been stored.
      const known = exact ? left.at : at - noticed < STORED_WITHIN_MS ? null : left.at;
      this.left.set(userId, { at: known, shownUntil: 0, graceEnd: Math.min(left.graceEnd, at) });
    }
  }

  /** Shown to nobody while here: what was last seen before is what is known. */
  protected reappear(userId: string, lastSeen: number | null, at: number): void {
    this.endLeases(at, userId);
    if (!this.isHere(userId)) this.left.set(userId, { at: lastSeen, shownUntil: 0, graceEnd: 0 });
  }

  protected leftAt(userId: string): number | null {
    return this.left.get(userId)?.at ?? null;
  }

  protected isHere(userId: string): boolean {
    return [...this.claims.values()].some((claim) => claim.userId === userId && claim.counts);
  }

  /** The last to go decides about grace. Counts only once no claim is left: a lease may end within it, unseen. */
  private depart(userId: string, at: number, graceEnd: number): void {
    const newest = Math.max(at, this.left.get(userId)?.at ?? 0);
    this.left.set(userId, { at: newest, shownUntil: graceEnd, graceEnd });
  }

  /** Of one user, whose next act finds them ended, or of all. What others do may come before anybody has noticed. */
  private endLeases(now: number, whose: string | null = null): void {
    const ended = [...this.claims].filter(
      ([, { userId, kind, beatAt }]) =>
        kind === 'lease' && beatAt + this.settings.leaseMs <= now && (whose === null || userId === whose),
    );
    for (const [key, { userId, beatAt, counts }] of ended.sort(([, a], [, b]) => a.beatAt - b.beatAt)) {
      this.claims.delete(key);
      const before = this.left.get(userId)?.at ?? 0;
      if (counts && !this.isHere(userId))
        this.left.set(userId, {
          at: Math.max(beatAt, before),
          shownUntil: 0,
          graceEnd: Math.max(this.left.get(userId)?.graceEnd ?? 0, beatAt + this.settings.leaseMs),
        });
    }
  }

  private graceOf(departure: Departure): number {
    if (departure === 'now') return 0;
    return departure === 'clean' ? this.settings.leaveGraceMs : this.settings.offlineGraceMs;
  }
}
