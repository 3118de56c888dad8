import type { Audience, Choice, Platform, Who } from './scenario.js';

/** What a viewer sees of somebody, without the times themselves. */
export interface Face {
  readonly status: string;
  readonly platforms: readonly string[];
  readonly message: string | null;
  /** Whether the viewer may know when they went. */
  readonly timed: boolean;
}

interface Claim {
  readonly counts: boolean;
  readonly active: boolean;
  readonly platform: Platform;
  readonly phone: boolean;
}

/** Over HTTP. */
const NO_SOCKET = '';
const GONE = { status: 'OFFLINE', platforms: [] as readonly string[] };

/**
 * What one person does and what follows from it, with a clean close seen at once and a lost connection never: who
 * loses the last one stays as they were until they come back or go offline.
 */
export class Somebody {
  readonly sockets = new Map<string, Claim>();
  readonly leases = new Map<string, Claim>();
  readonly blocked = new Set<Who>();
  readonly contacts = new Set<Who>();
  online: Audience | 'SAME_AS_LAST_SEEN' = 'EVERYONE';
  lastSeen: Audience = 'EVERYONE';
  showsTyping = true;
  never: Who | null = null;
  message: string | null = null;
  choice: Choice = 'ONLINE';
  /** Connections over which typing was started, `NO_SOCKET` among them. */
  readonly typing = new Set<string>();
  private wasActive = false;
  private lost = false;
  private shown: { readonly status: string; readonly platforms: readonly string[] } = GONE;
  private wasSeen = false;

  constructor(readonly who: Who) {}

  /** Those that others, and they themselves, know of. */
  get claims(): readonly Claim[] {
    return [...this.sockets.values(), ...this.leases.values()].filter(({ counts }) => counts);
  }

  open(id: string, claim: Omit<Claim, 'counts'>): void {
    this.sockets.set(id, { ...claim, counts: true });
    this.settle();
  }

  close(id: string, clean: boolean): void {
    const claim = this.sockets.get(id);
    this.sockets.delete(id);
    this.typing.delete(id);
    if (claim?.counts) this.lost = !clean;
    if (this.claims.length === 0) this.typing.clear();
    this.settle();
  }

  beat(id: string, active: boolean): void {
    const claim = this.sockets.get(id);
    if (claim) this.sockets.set(id, { ...claim, active, counts: claim.counts || active });
    this.settle();
  }

  /** Did something over the connection that is no heartbeat. */
  act(id: string): void {
    const claim = this.sockets.get(id);
    if (claim) this.sockets.set(id, { ...claim, active: true });
    this.settle();
  }

  lease(claim: Omit<Claim, 'counts'>): void {
    this.leases.set(claim.phone ? 'phone' : '', { ...claim, counts: true });
    this.settle();
  }

  leave(phone: boolean): void {
    for (const [id, claim] of this.sockets) {
      if (!phone || claim.phone) this.sockets.set(id, { ...claim, counts: false });
    }
    for (const id of this.leases.keys()) if (!phone || id === 'phone') this.leases.delete(id);
    if (this.claims.length === 0) {
      this.lost = false;
      this.typing.clear();
    }
    this.settle();
  }

  choose(choice: Choice): void {
    this.choice = choice;
    this.settle();
  }

  type(id: string | null, start: boolean): void {
    if (!start) return this.typing.clear();
    this.typing.add(id ?? NO_SOCKET);
    if (id !== null) this.act(id);
  }

  seenBy(viewer: Somebody): Face {
    const { online, lastSeen } = this.verdictFor(viewer);
    if (!online || this.shown.status === 'OFFLINE') return { ...GONE, message: null, timed: lastSeen && this.wasSeen };
    return { ...this.shown, message: this.message, timed: true };
  }

  isHeardTypingBy(viewer: Somebody): boolean {
    return this.verdictFor(viewer).online && this.showsTyping && viewer.showsTyping && this.choice !== 'INVISIBLE';
  }

  private verdictFor({ who, blocked }: Somebody): { readonly online: boolean; readonly lastSeen: boolean } {
    if (this.blocked.has(who) || blocked.has(this.who) || this.never === who) return { online: false, lastSeen: false };
    const admits = (audience: Audience) =>
      audience === 'EVERYONE' || (audience === 'CONTACTS' && this.contacts.has(who));
    const online = admits(this.online === 'SAME_AS_LAST_SEEN' ? this.lastSeen : this.online);
    return { online, lastSeen: online && admits(this.lastSeen) };
  }

  private settle(): void {
    const before = this.shown;
    this.shown = this.due();
    if (this.shown.status === 'OFFLINE' && before.status !== 'OFFLINE') this.wasSeen = true;
  }

  private due(): { readonly status: string; readonly platforms: readonly string[] } {
    const { claims } = this;
    if (claims.length > 0) this.wasActive = claims.some(({ active }) => active);
    else if (!this.lost || this.shown.status === 'OFFLINE') return GONE;
    if (this.choice === 'INVISIBLE') return GONE;
    const status = this.choice !== 'ONLINE' || this.wasActive ? this.choice : 'IDLE';
    if (claims.length === 0) return { status, platforms: this.shown.platforms };
    return { status, platforms: [...new Set(claims.map(({ platform }) => platform))].sort() };
  }
}

/** Everybody, and what each of them has seen and heard of the others by now. */
export class Model {
  readonly people: Readonly<Record<Who, Somebody>>;
  /** By viewer and subject: one list for each time that the viewer began to look. */
  readonly seen = new Map<string, Face[][]>();
  /** By viewer and typist. */
  readonly heard = new Map<string, boolean[]>();

  constructor(names: readonly Who[]) {
    this.people = Object.fromEntries(names.map((who) => [who, new Somebody(who)])) as Record<Who, Somebody>;
    for (const one of names) for (const other of names) if (one !== other) this.people[one].contacts.add(other);
    for (const [viewer, subject] of this.pairs()) {
      this.seen.set(pair(viewer, subject), [[subject.seenBy(viewer)]]);
      this.heard.set(pair(viewer, subject), []);
    }
  }

  /** Runs one step and notes what each viewer notices of it. */
  after(step: (people: Readonly<Record<Who, Somebody>>) => void): void {
    step(this.people);
    for (const [viewer, subject] of this.pairs()) {
      const told = this.seen.get(pair(viewer, subject))?.at(-1);
      const face = subject.seenBy(viewer);
      if (told && !same(told.at(-1), face)) told.push(face);
      const heard = this.heard.get(pair(viewer, subject)) ?? [];
      const types = subject.typing.size > 0 && subject.isHeardTypingBy(viewer);
      if ((heard.at(-1) ?? false) !== types) heard.push(types);
    }
  }

  /** The viewer begins anew to look at everybody. */
  look(viewer: Who): void {
    for (const [one, subject] of this.pairs())
      if (one.who === viewer) this.seen.get(pair(one, subject))?.push([subject.seenBy(one)]);
  }

  private get all(): readonly Somebody[] {
    return Object.values(this.people);
  }

  private pairs(): (readonly [viewer: Somebody, subject: Somebody])[] {
    return this.all.flatMap((viewer) =>
      this.all.filter((subject) => subject !== viewer).map((subject) => [viewer, subject] as const),
    );
  }
}

export const pairOf = (viewer: Who, subject: Who) => `${viewer} ${subject}`;
const pair = (viewer: Somebody, subject: Somebody) => pairOf(viewer.who, subject.who);
const same = (one: Face | undefined, other: Face) => JSON.stringify(one) === JSON.stringify(other);
