import { HIDDEN } from '../privacy/privacy.rules.js';
import type { Verdict } from '../privacy/privacy.types.js';
import { Portrait, type Shown } from './presence.portrait.js';
import { lensOf } from './presence.rules.js';
import { type First, type Watch, Watcher } from './presence.watch.js';

/** Somebody who is watched on this instance, and those who watch. */
export class Subject extends Portrait {
  private circles: readonly Circle[] = [];
  private readonly doubted: Watcher[] = [];
  /** Until no event can be missed; refuses as the engine does, and stays then. */
  coming: Promise<void> | null = null;

  get count(): number {
    return this.circles.reduce((sum, { size }) => sum + size, this.doubted.length);
  }

  get watchers(): readonly Watcher[] {
    return [...this.circles.flatMap((circle) => circle.watchers), ...this.doubted];
  }

  /** Told nothing until it is judged. */
  join(watch: Watch, first: First): Watcher {
    const doubt = { opening: true, first, shown: null, count: 0 };
    const watcher = new Watcher(watch, this, doubt, this.doubted.length);
    this.doubted.push(watcher);
    return watcher;
  }

  leave(watcher: Watcher): void {
    const { circle } = watcher;
    if (circle) this.take(watcher, circle);
    else drop(this.doubted, watcher);
    watcher.circle = watcher.doubt = null;
  }

  /** From now on one that was in doubt is told what the verdict allows. Null: there is no such user. */
  judge(watcher: Watcher, verdict: Verdict | null, shown: Shown | null): void {
    drop(this.doubted, watcher);
    let circle = this.circles.find((one) => one.suits(verdict, shown));
    if (!circle) this.circles = [...this.circles, (circle = new Circle(verdict))];
    circle.shown = shown;
    circle.add(watcher);
    watcher.doubt = null;
  }

  /** One that was judged is told nothing until it is judged again. */
  suspect(watcher: Watcher): void {
    const { circle } = watcher;
    if (!circle) return;
    this.take(watcher, circle);
    watcher.circle = null;
    watcher.doubt = { opening: false, first: null, shown: circle.shown, count: 0 };
    watcher.place = this.doubted.push(watcher) - 1;
  }

  /** Tells everybody who is judged what they may see now, where it differs in what counts. */
  tell(what: 'face' | 'outline', now: number, last = false): void {
    const { circles } = this;
    for (const circle of circles) {
      if (circle.verdict) circle.tell(this.show(circle.verdict, now), what, last);
    }
    if (circles.length > 1) this.unite();
  }

  /** The user was deleted: everybody, who is in doubt too, sees what they see of somebody hidden. */
  tellBurial(now: number): void {
    this.bury();
    this.tell('outline', now);
    const hidden = this.show(HIDDEN, now);
    for (const { watch, doubt } of [...this.doubted]) {
      if (!hidden || !doubt?.shown || doubt.shown.outline === hidden.outline) continue;
      doubt.shown = hidden;
      watch.push(hidden.view);
    }
  }

  private take(watcher: Watcher, circle: Circle): void {
    circle.remove(watcher);
    if (circle.size === 0) this.circles = this.circles.filter((one) => one !== circle);
  }

  /** Those who had known different things may know the same by now. */
  private unite(): void {
    const united: Circle[] = [];
    for (const circle of this.circles) {
      const same = united.find((one) => one.suits(circle.verdict, circle.shown));
      if (same) for (const watcher of circle.watchers) same.add(watcher);
      else united.push(circle);
    }
    this.circles = united;
  }
}

/**
 * Watchers of one subject who may see the same and were told the same last: what is news to one of them is news to all,
 * so that it is found out once, and to tell one of thousands takes no look at what it has known.
 */
export class Circle {
  private readonly list: Watcher[] = [];
  private readonly lens: number | null;
  /** What they were told last, or would know without being told. */
  shown: Shown | null = null;

  /** `verdict`: one of those that let the same through; null where there is no such user. */
  constructor(readonly verdict: Verdict | null) {
    this.lens = verdict && lensOf(verdict);
  }

  get size(): number {
    return this.list.length;
  }

  get watchers(): readonly Watcher[] {
    return this.list;
  }

  suits(verdict: Verdict | null, shown: Shown | null): boolean {
    return this.lens === (verdict && lensOf(verdict)) && this.shown?.outline === shown?.outline;
  }

  add(watcher: Watcher): void {
    watcher.circle = this;
    watcher.place = this.list.push(watcher) - 1;
  }

  remove(watcher: Watcher): void {
    drop(this.list, watcher);
  }

  tell(shown: Shown | null, what: 'face' | 'outline', last: boolean): void {
    const before = this.shown;
    if (!shown || shown === before) return;
    this.shown = shown;
    if (before?.[what] === shown[what]) return;
    // A list of their own: to be told may be the end of somebody.
    for (const watcher of [...this.list]) if (watcher.circle === this) watcher.watch.push(shown.view, last);
  }
}

/** The last one takes the place. */
function drop(list: Watcher[], { place }: Watcher): void {
  const last = list.pop();
  if (!last || last.place === place) return;
  last.place = place;
  list[place] = last;
}
