import type { Activity } from './activity.js';
import { HeartbeatDocument } from './documents.js';
import { Store, type Stop } from './store.js';
import type { Wire } from './wire.js';

/** Until the server has said how often it wants to hear. */
const FIRST_INTERVAL_MS = 15_000;

/**
 * Tells the server over the live connection whether the person is active: at once when that changes, and now and then
 * while there are signs of life. The connection itself is what keeps somebody online.
 */
export class Pulse {
  /** True after the person went offline on purpose: signs of life are not told until they come back. */
  readonly away = new Store(false);
  private toldAt = Date.now();
  private intervalMs = FIRST_INTERVAL_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly stop: Stop;

  constructor(
    private readonly wire: Wire,
    private readonly activity: Activity,
  ) {
    this.stop = activity.active.subscribe(() => this.beat());
    this.schedule();
  }

  beat(): void {
    if (this.away.get() || !this.wire.connection.live) return;
    this.toldAt = Date.now();
    // A beat that is lost is made good by the next one, or by the opening of the next connection.
    this.wire.say(HeartbeatDocument, { active: this.activity.active.get() }).then(
      ({ heartbeat }) => (this.intervalMs = heartbeat.nextHeartbeatInSeconds * 1000),
      () => {},
    );
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.stop();
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      if (this.activity.active.get() && this.activity.since(this.toldAt)) this.beat();
      this.schedule();
    }, jittered(this.intervalMs));
  }
}

/** A little early, each time differently: many clients do not beat as one. */
export const jittered = (ms: number) => ms * (0.8 + Math.random() * 0.2);
