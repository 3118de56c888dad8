import { Store, type Stop } from './store.js';

/** A tab in the background is idle, but not for a glance at another one. */
const HIDDEN_AFTER_MS = 5000;
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/** Whether the person is here: something moved lately, and the page can be seen. Without a page: always. */
export class Activity {
  readonly active: Store<boolean>;
  private lastSignAt = Date.now();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly stop: Stop;

  constructor(private readonly idleAfterMs: number) {
    const page = typeof document === 'undefined' ? null : document;
    this.active = new Store(page?.visibilityState !== 'hidden');
    this.stop = page ? this.observe(page) : () => {};
  }

  /** Whether there has been a sign since `time`, ms since 1970. */
  since(time: number): boolean {
    return typeof document === 'undefined' || this.lastSignAt > time;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.stop();
  }

  private observe(page: Document): Stop {
    const sign = () => {
      this.lastSignAt = Date.now();
      if (page.visibilityState === 'hidden') return;
      // Moving a pointer makes hundreds of these: the timer is left to find out by itself.
      if (!this.active.get()) {
        this.active.set(true);
        this.sleepUntilIdle();
      }
    };
    const turned = () => {
      if (page.visibilityState === 'visible') return sign();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.active.set(false), HIDDEN_AFTER_MS);
    };
    for (const name of SIGNS) page.addEventListener(name, sign, { passive: true, capture: true });
    page.addEventListener('visibilitychange', turned);
    this.sleepUntilIdle();
    return () => {
      for (const name of SIGNS) page.removeEventListener(name, sign, { capture: true });
      page.removeEventListener('visibilitychange', turned);
    };
  }

  private sleepUntilIdle(): void {
    clearTimeout(this.timer);
    const leftMs = this.lastSignAt + this.idleAfterMs - Date.now();
    if (leftMs <= 0) return this.active.set(false);
    this.timer = setTimeout(() => this.sleepUntilIdle(), leftMs);
  }
}
