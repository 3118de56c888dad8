import { check, type Judgement } from '../../checker/checker.js';
import {
  BOUNDS,
  type Broken,
  type Durable,
  type Fault,
  type Fenced,
  type Kept,
  type Memory,
  type Owners,
  type Request,
  type Rule,
  type Shown,
  type Stay,
  type StoredSeen,
} from '../../checker/record.js';

/** What a viewer was told; times are milliseconds of the harness's monotonic clock, which starts at 1970. */
export interface Told extends Omit<Shown, 'face'> {
  /** One subscription of one connection; a reconnect begins another. */
  readonly stream: number;
  readonly platforms: string;
}

/** `here`: the server has acknowledged it. `away`: likewise, or the connection has ended. `unsure`: anything between. */
export type Whereabouts = 'here' | 'away' | 'unsure';

interface Turn {
  readonly at: number;
  readonly where: Whereabouts;
  /** The instance; null: not known. */
  readonly instance: string | null;
}

/** How late an event may be before a view counts as wrong. */
const SETTLED_MS = 1500;
/** A machine with much to do delivers late; an OFFLINE that is false stays for longer. */
const LATE_MS = 3000;
/** From a lost connection to OFFLINE, whatever has happened. */
const GONE_MS = 30_000;

export const now = (): number => performance.timeOrigin + performance.now();

/** What happened, as everybody saw it: fed by the clients, judged by the checker. */
export class History {
  readonly told: Told[] = [];
  private carried: Told[] = [];
  private readonly turns = new Map<string, Turn[]>();
  private readonly streams = new Map<number, Map<string, Told>>();
  private readonly rules: Rule[] = [];
  private readonly faults: Fault[] = [];
  private readonly requests: Request[] = [];
  private readonly durables: Durable[] = [];
  private readonly kept: Kept[] = [];
  private readonly storedSeen: StoredSeen[] = [];
  private readonly exact = new Set<string>();
  private readonly broken: Broken[] = [];
  private readonly fenced: Fenced[] = [];
  private readonly owners: Owners[] = [];
  private readonly memory: Memory[] = [];
  private nextStream = 0;
  frames = 0;
  /** Hears of every event that changes what a stream shows; not of those with which it begins. */
  listener: (told: Told) => void = () => undefined;

  /** Nothing but OFFLINE without times may ever be told of them. */
  hide(userId: string, at = now()): void {
    const allows = { online: false, lastSeen: false, typing: false };
    this.rules.push({ subject: userId, viewer: null, asked: at, acked: at, allows });
  }

  openStream(): number {
    this.streams.set((this.nextStream += 1), new Map());
    return this.nextStream;
  }

  closeStream(stream: number): void {
    this.streams.delete(stream);
  }

  turn(userId: string, where: Whereabouts, instance: string | null = null, at = now()): void {
    const turns = this.turns.get(userId) ?? [];
    if (turns.at(-1)?.where !== where) turns.push({ at, where, instance });
    this.turns.set(userId, turns);
  }

  where(userId: string): Turn {
    return this.turns.get(userId)?.at(-1) ?? { at: 0, where: 'away', instance: null };
  }

  tell(told: Told): void {
    this.frames += 1;
    this.told.push(told);
    const views = this.streams.get(told.stream);
    if (views?.has(told.subject)) this.listener(told);
    views?.set(told.subject, told);
  }

  /** From its call to its answer, or to the end of its connection. `answered` null: neither came. */
  request(request: Request): void {
    this.requests.push(request);
  }

  /** A choice that has to be found again once it is acknowledged. */
  chose(durable: Durable): void {
    this.durables.push(durable);
  }

  /** What Postgres had at that moment. */
  found(kept: readonly Kept[], seen: readonly StoredSeen[]): void {
    this.kept.push(...kept);
    this.storedSeen.push(...seen);
  }

  /** An instance stands still, or goes on. */
  still(instance: string, stands: boolean): void {
    const at = now();
    const running = this.faults.findIndex(({ whose, to }) => whose === instance && to === Infinity);
    const [fault] = running < 0 ? [] : this.faults.splice(running, 1);
    if (stands) this.faults.push({ what: 'instance', whose: instance, from: fault?.from ?? at, to: Infinity });
    else if (fault) this.faults.push({ ...fault, to: at });
  }

  /** The wire of one connection broke then, or whoever was at it went without a word: nobody else's business. */
  broke(user: string, at = now()): void {
    this.broken.push({ user, from: at, to: at + GONE_MS });
  }

  /** These lives were over by then. */
  fence(incarnations: readonly string[], at = now()): void {
    this.fenced.push(...incarnations.map((incarnation) => ({ at, incarnation })));
  }

  /** What was found to belong to these lives. */
  owned(incarnations: readonly string[], at = now()): void {
    this.owners.push({ at, incarnations });
  }

  /** Bytes that an instance keeps, and what it kept before. */
  keeps(instance: string, before: number, after: number): void {
    this.memory.push({ at: now(), instance, before, after });
  }

  /** Views that should have been right for a while and are not: viewer, subject and what is wrong. */
  wrong(at = now()): string[] {
    const wrong: string[] = [];
    const hidden = new Set(this.rules.map(({ subject }) => subject));
    for (const views of this.streams.values()) {
      for (const [subject, view] of views) {
        if (hidden.has(subject)) continue;
        const { at: since, where } = this.where(subject);
        if (where === 'here' && at - since > SETTLED_MS && view.status === 'OFFLINE')
          wrong.push(`${view.viewer} sees ${subject} OFFLINE who is here`);
        if (where === 'away' && at - since > GONE_MS && view.status !== 'OFFLINE')
          wrong.push(`${view.viewer} sees ${subject} ${view.status} who is gone`);
      }
    }
    return wrong;
  }

  /** Holds what was recorded since the last cut against every invariant for which the run has the facts. */
  judge(seed: number): Judgement {
    const face = ({ status, platforms }: Told) => `${status} ${platforms}`.trim();
    const carried = this.carried.map((told) => ({ ...told, face: face(told), carried: true }));
    const { faults, rules, requests, durables, kept, storedSeen, exact, broken, fenced, owners, memory } = this;
    return check({
      seed,
      faults,
      bounds: { ...BOUNDS, late: LATE_MS, gone: GONE_MS },
      facts: {
        stays: [...this.turns].flatMap(([user, turns]) => staysOf(user, turns)),
        told: [...carried, ...this.told.map((told) => ({ ...told, face: face(told) }))],
        rules,
        requests,
        durables,
        kept,
        storedSeen,
        exact,
        broken,
        fenced,
        owners,
        memory,
      },
    });
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

  /** Forgets what was told and asked; what each open stream shows stays. */
  cut(): void {
    this.carried = [...this.streams.values()].flatMap((views) => [...views.values()]);
    this.told.length = 0;
    this.requests.length = 0;
    this.exact.clear();
    this.broken.length = 0;
    this.memory.length = 0;
  }

  /** Each last seen that is told of them has to be the end of a stay. */
  checkLastSeen(subjects: ReadonlySet<string>): void {
    for (const subject of subjects) this.exact.add(subject);
  }
}

/** Each time of being here for certain, with the doubt before and after it. */
function staysOf(user: string, turns: readonly Turn[]): Stay[] {
  const begin = (index: number) => turns[index]?.at ?? Infinity;
  return turns.flatMap(({ where, instance }, index) => {
    if (where === 'away') return [];
    const before = turns[index - 1];
    const from = before?.where === 'unsure' ? before.at : begin(index);
    const to = turns[index + 1]?.where === 'unsure' ? begin(index + 2) : begin(index + 1);
    const sure = where === 'here' ? { from: begin(index), to: begin(index + 1) } : null;
    return [{ user, maybe: { from, to }, sure, active: null, instance }];
  });
}
