/** What a viewer was told; times are milliseconds of the harness's monotonic clock, which starts at 1970. */
export interface Told {
  readonly at: number;
  readonly viewer: string;
  /** One subscription of one connection; a reconnect begins another. */
  readonly stream: number;
  readonly subject: string;
  readonly status: string;
  readonly platforms: string;
  readonly lastSeen: number | null;
}

/** `here`: the server has acknowledged it. `away`: likewise, or the connection has ended. `unsure`: anything between. */
export type Whereabouts = 'here' | 'away' | 'unsure';

interface Turn {
  readonly at: number;
  readonly where: Whereabouts;
}

export interface Violation {
  readonly invariant: string;
  readonly subject: string;
  /** Milliseconds of history that show it. */
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** How late an event may be before a view counts as wrong. */
const SETTLED_MS = 1500;
/** From a lost connection to OFFLINE, whatever has happened. */
const GONE_MS = 30_000;
const NEAR_MS = 2000;
const CLOCK_MS = 250;

export const now = (): number => performance.timeOrigin + performance.now();

/** What happened, as everybody saw it: fed by the clients, judged by the checker. */
export class History {
  readonly told: Told[] = [];
  private readonly turns = new Map<string, Turn[]>();
  private readonly streams = new Map<number, Map<string, Told>>();
  private readonly hidden = new Set<string>();
  private readonly found: Violation[] = [];
  private nextStream = 0;
  frames = 0;
  /** Hears of every event that changes what a stream shows; not of those with which it begins. */
  listener: (told: Told) => void = () => undefined;

  /** Nothing but OFFLINE without times may ever be told of them. */
  hide(userId: string): void {
    this.hidden.add(userId);
  }

  openStream(): number {
    this.streams.set((this.nextStream += 1), new Map());
    return this.nextStream;
  }

  closeStream(stream: number): void {
    this.streams.delete(stream);
  }

  turn(userId: string, where: Whereabouts, at = now()): void {
    const turns = this.turns.get(userId) ?? [];
    if (turns.at(-1)?.where !== where) turns.push({ at, where });
    this.turns.set(userId, turns);
  }

  where(userId: string): Turn {
    return this.turns.get(userId)?.at(-1) ?? { at: 0, where: 'away' };
  }

  /** Judges it at once against what is known, so that the checker need not keep everything. */
  tell(told: Told): void {
    this.frames += 1;
    this.told.push(told);
    const views = this.streams.get(told.stream);
    const before = views?.get(told.subject);
    views?.set(told.subject, told);
    if (before) this.listener(told);
    if (before && before.status === told.status && before.platforms === told.platforms)
      this.violated('S4 no event without a difference', told, before.at, `${told.status} again`);
    if (this.hidden.has(told.subject) && (told.status !== 'OFFLINE' || told.lastSeen !== null))
      this.violated('V1 hidden stays hidden', told, told.at, `${told.status} was shown`);
    if (told.status !== 'OFFLINE' || told.lastSeen === null) return;
    if (told.lastSeen > told.at + CLOCK_MS) this.violated('S10 last seen', told, told.at, 'it is in the future');
    if (before?.status === 'OFFLINE' && (before.lastSeen ?? 0) > told.lastSeen)
      this.violated('S10 last seen', told, before.at, 'it went back');
    if (before && this.wasHere(told.subject, told.lastSeen - 1000, told.at))
      this.violated('S1 no false OFFLINE', told, told.lastSeen, 'was connected all the time');
  }

  /** Views that should have been right for a while and are not: viewer, subject and what is wrong. */
  wrong(at = now()): string[] {
    const wrong: string[] = [];
    for (const views of this.streams.values()) {
      for (const [subject, view] of views) {
        if (this.hidden.has(subject)) continue;
        const { at: since, where } = this.where(subject);
        if (where === 'here' && at - since > SETTLED_MS && view.status === 'OFFLINE')
          wrong.push(`${view.viewer} sees ${subject} OFFLINE who is here`);
        if (where === 'away' && at - since > GONE_MS && view.status !== 'OFFLINE')
          wrong.push(`${view.viewer} sees ${subject} ${view.status} who is gone`);
      }
    }
    return wrong;
  }

  /** Shortest window first. */
  get violations(): readonly Violation[] {
    return [...this.found].sort((a, b) => a.to - a.from - (b.to - b.from));
  }

  /** Milliseconds of the longest stay away that ended after then, over all of them. */
  longestAway(userIds: Iterable<string>, since: number): number {
    let longest = 0;
    for (const userId of userIds) {
      const turns = this.turns.get(userId) ?? [];
      for (const [index, { at, where }] of turns.entries()) {
        const end = turns[index + 1]?.at ?? now();
        if (where !== 'here' && end > since) longest = Math.max(longest, end - at);
      }
    }
    return longest;
  }

  /** Forgets what was told; what each stream shows stays. */
  cut(): void {
    this.told.length = 0;
    this.found.length = 0;
  }

  /** Each last seen that was told is the end of a stay, give or take `nearMs`. */
  checkLastSeen(subjects: ReadonlySet<string>, nearMs = NEAR_MS): void {
    for (const told of this.told) {
      if (told.status !== 'OFFLINE' || told.lastSeen === null || !subjects.has(told.subject)) continue;
      const ends = (this.turns.get(told.subject) ?? []).filter(({ where }) => where !== 'here');
      const near = ends.some(({ at }) => Math.abs(at - (told.lastSeen ?? 0)) <= nearMs);
      if (!near) this.violated('S10 last seen', told, told.lastSeen, 'nobody left at that time');
    }
  }

  private wasHere(userId: string, from: number, to: number): boolean {
    const turns = this.turns.get(userId) ?? [];
    const at = turns.findLastIndex((turn) => turn.at <= from);
    return turns[at]?.where === 'here' && (turns[at + 1]?.at ?? Infinity) > to;
  }

  private violated(invariant: string, { subject, viewer, at }: Told, from: number, why: string): void {
    this.found.push({ invariant, subject, from, to: at, why: `${subject} to ${viewer}: ${why}` });
  }
}
