import type { Client } from './client.js';
import type { Field } from './field.js';
import { now } from './history.js';
import type { Place } from './place.js';
import { some } from './random.js';

export interface Size {
  readonly watchers: number;
  readonly watched: number;
  readonly transitionsASecond: number;
}

export const FULL: Size = { watchers: 300, watched: 50, transitionsASecond: 20 };
export const LIGHT: Size = { watchers: 20, watched: 20, transitionsASecond: 10 };

const STEADY = 80;
const MOVERS = 60;
const HIDDEN = 10;
/** An event so long after a move is about something else. */
const LATE_MS = 5000;

/** Ordinary life around a fault: people who stay, people who come and go all the time, and those who look at them. */
export class Background {
  steady: ReadonlySet<string> = new Set();
  private movers: Client[] = [];
  private readonly watching = new Map<string, Client>();
  private readonly busy = new Set<Client>();
  private readonly moved = new Map<string, { readonly client: Client; readonly at: number }>();
  private delays: { readonly at: number; readonly ms: number; readonly place: Place | null }[] = [];
  moves = 0;
  failures = 0;

  private constructor(
    private readonly field: Field,
    private readonly size: Size,
  ) {}

  static async start(field: Field, size: Size): Promise<Background> {
    const background = new Background(field, size);
    await background.begin();
    return background;
  }

  /**
   * Delivery delays of transitions since then, milliseconds from the call to each watcher; with `place` of those where
   * both are there.
   */
  delaysSince(at: number, place?: Place): number[] {
    const asked = this.delays.filter((delay) => delay.at >= at && (!place || delay.place === place));
    return asked.map((delay) => delay.ms);
  }

  forgetDelays(): void {
    this.delays = [];
  }

  private async begin(): Promise<void> {
    const { field, size } = this;
    const steady = await field.people('steady', STEADY);
    const movers = await field.people('mover', MOVERS);
    const hidden = await field.people('hidden', HIDDEN);
    const viewers = await field.people('viewer', size.watchers);
    this.steady = new Set(steady);
    this.movers = [...movers, ...hidden].map((id) => field.client(id));
    await field.open([...steady.map((id) => field.client(id)), ...this.movers]);
    for (const client of this.movers) {
      if (!hidden.includes(client.userId)) continue;
      if (!(await client.call('mutation { updatePrivacy(input: { online: NOBODY, lastSeen: NOBODY }) { online } }')))
        throw new Error('Nobody may hide');
      field.history.hide(client.userId);
    }
    const all = [...steady, ...movers, ...hidden];
    const watching = viewers.map((id) =>
      field.client(id, { presence: false, watches: some(all, size.watched, field.random) }),
    );
    await field.open(watching);
    for (const client of watching) this.watching.set(client.userId, client);
    field.history.listener = ({ subject, viewer, at }) => {
      const moved = this.moved.get(subject);
      // A mover who had to connect again meanwhile is shown for that.
      if (!moved?.client.live || moved.client.connectedAt > moved.at || at - moved.at > LATE_MS) return;
      const { place } = moved.client;
      const shared = this.watching.get(viewer)?.place === place ? place : null;
      this.delays.push({ at, ms: at - moved.at, place: shared });
    };
    const timer = setInterval(() => this.move(), 1000 / size.transitionsASecond);
    field.onStop(() => clearInterval(timer));
  }

  private move(): void {
    const free = this.movers.filter((client) => client.live && !this.busy.has(client));
    const client = free[Math.floor(this.field.random() * free.length)];
    if (!client) return;
    this.busy.add(client);
    this.moved.set(client.userId, { client, at: now() });
    const here = this.field.history.where(client.userId).where === 'here';
    void (here ? client.goOffline() : client.heartbeat()).then((done) => {
      this.moves += 1;
      if (!done) this.failures += 1;
      // Two moves of the same person are far enough apart to tell their events from each other.
      setTimeout(() => this.busy.delete(client), 1200);
    });
  }
}
