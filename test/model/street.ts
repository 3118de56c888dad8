import { setTimeout as wait } from 'node:timers/promises';
import { Refusal } from '../../src/kernel/errors.js';
import type { PresenceView } from '../../src/presence/presence.types.js';
import { check, misnamed, tell } from '../checker/checker.js';
import { type Audited, type Bounds, BOUNDS, type Kept, type Quiet } from '../checker/record.js';
import { RUNS } from '../checker/runs.js';
import type { House } from './house.js';
import type { Expected, Life } from './life.js';
import { Witness } from './witness.js';

export interface Setting {
  readonly now: () => Promise<number>;
  readonly pass: (ms: number) => Promise<void>;
  /** At this moment, for what comes by itself. */
  readonly moment: () => number;
  /** How far a last seen may be off. */
  readonly nearMs: number;
  /** How long a view may need to become right. Milliseconds of real time. */
  readonly patienceMs: number;
  readonly bounds: Partial<Bounds>;
  /** After it every lease and grace is over, and everything is stored. */
  readonly quietMs: number;
}

/** A few people on one or more instances, what they have to see of each other, and what they saw. */
export class Street {
  readonly life: Life;
  readonly witness: Witness;
  /** Connection -> the house it is at. */
  readonly sockets = new Map<string, { readonly user: string; readonly house: number }>();
  private streams: { readonly id: number; readonly viewer: string; readonly house: number }[] = [];

  private deedBegan = 0;

  constructor(
    readonly houses: House[],
    readonly people: readonly string[],
    life: Life,
    private readonly setting: Setting,
  ) {
    this.life = life;
    this.witness = new Witness(life, people, setting.nearMs);
  }

  get now(): () => Promise<number> {
    return this.setting.now;
  }

  house(number: number): House {
    const house = this.houses[number % this.houses.length];
    if (!house) throw new Error('A street has a house');
    return house;
  }

  async begin(): Promise<void> {
    for (const id of this.people)
      await this.house(0).kernel.directory.putUser({ id, username: id, displayName: id, avatarUrl: null });
    for (const person of this.people.slice(1)) await this.enters(person, true);
    for (const [number, viewer] of this.people.entries()) await this.watch(viewer, number);
  }

  /** The one conversation of the street. */
  get room(): string {
    return `room of ${this.people[0]}`.replaceAll(' ', '-');
  }

  /** Enters the conversation, or leaves it. */
  async enters(person: string, belongs: boolean, at = 0): Promise<void> {
    const { directory } = this.house(at).kernel;
    if (belongs) this.witness.belongs(this.room, person, await this.now(), true);
    await (belongs ? directory.putMember(this.room, person) : directory.deleteMember(this.room, person));
    if (!belongs) this.witness.belongs(this.room, person, await this.now(), false);
  }

  async watch(viewer: string, at: number): Promise<void> {
    const house = at % this.houses.length;
    const caller = { userId: viewer, expiresAt: Infinity };
    const stream = await this.house(house).feed.watch(caller, { userIds: [...this.people] }, true);
    const id = this.witness.newStream();
    this.streams.push({ id, viewer, house });
    stream.drainTo({
      next: (view) => this.witness.tell(this.setting.moment(), viewer, id, view),
      end: () => undefined,
    });
    const typing = await this.house(house).typingFeed.watch(caller, null);
    typing.drainTo({
      next: ({ conversationId: conversation, userId: user, isTyping }) =>
        this.witness.typings.push({ at: this.setting.moment(), viewer, stream: id, conversation, user, isTyping }),
      end: () => undefined,
    });
  }

  /** What was on this house is gone; whoever watched there watches the one that comes after it. */
  async moved(house: number): Promise<void> {
    for (const [id, socket] of this.sockets) if (socket.house === house) this.sockets.delete(id);
    const lost = this.streams.filter((stream) => stream.house === house);
    this.streams = this.streams.filter((stream) => stream.house !== house);
    // When it went is not known; from the deed that took it on nothing was promised.
    for (const { id } of lost) this.witness.closings.push({ at: this.deedBegan, stream: id });
    for (const { viewer } of lost) await this.watch(viewer, house);
  }

  /** Does it; a moment later everybody has to be shown as the model says, to everybody. */
  async deed(what: string, user: string, act: () => Promise<unknown>): Promise<void> {
    // Nothing that was read before happened in the same moment.
    await this.setting.pass(1);
    this.deedBegan = await this.now();
    await this.witness.deed(what, user, this.now, act);
    await this.setting.pass(1);
    await this.agree(what);
    await this.lookAtLastSeen();
  }

  pass(ms: number): Promise<void> {
    return this.setting.pass(ms);
  }

  async agree(what: string): Promise<void> {
    const end = performance.now() + this.setting.patienceMs;
    for (;;) {
      const wrong = await this.wrong();
      if (wrong === null) return;
      if (performance.now() > end) throw new Error(`After "${what}": ${wrong}`);
      await wait(5);
    }
  }

  /** Everything quiet: the history is held against the checker. */
  async finish(seed: string): Promise<void> {
    await this.setting.pass(this.setting.quietMs);
    await this.agree('everything was quiet');
    const rest = { ...(await this.stored()), quiet: await this.quiet() };
    const judgement = check(this.witness.recorded(seed, { ...BOUNDS, ...this.setting.bounds }, rest));
    const said = RUNS.people.filter((id) => id !== 'V5' || this.life.mutual);
    const wrong = tell(judgement) || misnamed(judgement, said).join(' ');
    if (wrong) throw new Error(wrong);
  }

  private async wrong(): Promise<string | null> {
    const asked = await this.now();
    for (const viewer of this.people) {
      const caller = { userId: viewer, expiresAt: Infinity };
      const house = this.house(this.people.indexOf(viewer));
      let views: readonly (PresenceView | null)[];
      try {
        views = await house.presence.userStatuses(caller, this.people);
      } catch (error) {
        if (error instanceof Refusal && error.code === 'SERVICE_UNAVAILABLE') return 'the store is away';
        throw error;
      }
      const now = await this.now();
      for (const view of views) {
        if (!view) return `${viewer} does not find somebody`;
        const expected = this.life.expected(view.userId, viewer, now);
        if (viewer !== view.userId) this.witness.read(asked, now, viewer, view, house.begunAt);
        const seen = view.lastSeen?.getTime() ?? null;
        const off = this.differs(expected, view.status, seen);
        if (off) return `${viewer} reads ${view.userId} ${view.status} ${seen}, ${off}`;
      }
      for (const { id } of this.streams.filter((stream) => stream.viewer === viewer)) {
        for (const subject of this.people) {
          const shown = this.witness.views.get(`${id} ${subject}`);
          const expected = this.life.expected(subject, viewer, now);
          const off = shown ? this.differs(expected, shown.status, shown.lastSeen) : 'nothing was told';
          if (off) return `${viewer} is shown ${subject} ${shown?.status} ${shown?.lastSeen}, ${off}`;
        }
      }
    }
    return null;
  }

  private differs({ status, lastSeen }: Expected, shown: string, seen: number | null): string | null {
    if (status === 'shown' ? shown === 'OFFLINE' : status !== null && status !== shown) return `not ${status}`;
    if (lastSeen === 'hidden') return seen === null ? null : 'and has no right to the time';
    if (lastSeen === null || shown !== 'OFFLINE') return null;
    return seen !== null && Math.abs(seen - lastSeen) <= this.setting.nearMs ? null : `last seen at ${lastSeen}`;
  }

  /** What Postgres has by now. */
  private async lookAtLastSeen(): Promise<void> {
    const at = await this.now();
    const rows = await this.house(0).kernel.database.query<{ user_id: string; last_seen_at: Date }[]>(
      'SELECT user_id, last_seen_at FROM last_seen WHERE user_id = ANY($1) AND last_seen_at IS NOT NULL',
      [this.people],
    );
    for (const row of rows)
      this.witness.storedSeen.push({ at, user: row.user_id, lastSeen: row.last_seen_at.getTime() });
  }

  private async stored(): Promise<{ kept: Kept[]; audits: Audited[] }> {
    await this.lookAtLastSeen();
    const at = await this.now();
    const kept: Kept[] = [];
    for (const user of this.people)
      kept.push({ at, user, kind: 'status', value: await this.house(0).presence.customStatusOf(user) });
    const rows = await this.house(0).kernel.database.query<{ actor_id: string; action: string }[]>(
      'SELECT actor_id, action FROM audit WHERE actor_id = ANY($1)',
      [this.people],
    );
    return { kept, audits: rows.map(({ actor_id: user, action }) => ({ user, kind: KINDS[action] ?? 'block' })) };
  }

  private async quiet(): Promise<Quiet> {
    const at = await this.now();
    const { presence } = this.house(0).engine;
    const truths = await presence.read(this.people);
    const register = new Map(this.people.map((user, i) => [user, truths[i]?.status ?? 'OFFLINE']));
    const truth = new Map<string, string>();
    const [due, shown] = [new Map<string, string>(), new Map<string, string>()];
    for (const user of this.people) {
      // With the right to everything one sees the truth.
      const { status } = this.life.expected(user, user, at);
      truth.set(user, status === null || status === 'shown' ? (register.get(user) ?? '') : status);
      for (const { id, viewer } of this.streams) {
        const wanted = this.life.allows(user, viewer).online ? truth.get(user) : 'OFFLINE';
        due.set(`${id} ${user}`, wanted ?? '');
        shown.set(`${id} ${user}`, this.witness.views.get(`${id} ${user}`)?.status ?? 'nothing');
      }
    }
    const waiting = (await presence.unstored(100)).filter(
      ({ userId, lastSeen }) => lastSeen !== null && this.people.includes(userId),
    );
    return {
      at,
      register,
      truth,
      due,
      shown,
      garbage: new Map([['last seen not stored', waiting.length]]),
    };
  }
}

const KINDS: Readonly<Record<string, Audited['kind']>> = {
  'custom-status': 'status',
  privacy: 'privacy',
  block: 'block',
  unblock: 'block',
};
