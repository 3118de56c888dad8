import { HIDDEN } from '../privacy/privacy.rules.js';
import type { Verdict } from '../privacy/privacy.types.js';
import { Portrait, type Shown } from './presence.portrait.js';
import { lensOf } from './presence.rules.js';
import { Doubt, type First, type Watch } from './presence.watch.js';

/** Somebody who is watched on this instance, and those who watch. Of each watch nothing is kept but its place in a list. */
export class Subject extends Portrait {
  circles: readonly Circle[] = [];
  /** In all circles together, those that have ended too. */
  private listed = 0;
  /** Watches that have ended: they are told nothing, and taken out when they are the half of all. */
  private ended = 0;
  private readonly doubts = new Map<Watch, Doubt>();
  /** Watches that are not judged yet. */
  openings = 0;
  /** The number of the last doubt about who may see this user, see Jury. */
  doubtedAt = 0;
  /** Until no event can be missed; refuses as the engine does, and stays then. */
  coming: Promise<void> | null = null;

  /** Watches that are judged, in doubt or beginning. */
  get count(): number {
    return this.listed - this.ended + this.doubts.size + this.openings;
  }

  /** From now on the watch is told what the verdict allows. Null: there is no such user. */
  admit(watch: Watch, verdict: Verdict | null, shown: Shown | null): void {
    this.doubts.delete(watch);
    let circle = this.circles.find((one) => one.suits(verdict, shown));
    if (!circle) this.circles = [...this.circles, (circle = new Circle(verdict))];
    circle.shown = shown;
    circle.watches.push(watch);
    this.listed += 1;
  }

  /** Told nothing until it is judged again. `first`: of one that was never judged. */
  suspect(watch: Watch, first: First | null = null): Doubt {
    let doubt = this.doubts.get(watch);
    if (!doubt) {
      const shown = first ? null : (this.takeOut(watch)?.shown ?? null);
      this.doubts.set(watch, (doubt = new Doubt(this, watch, first, shown)));
    }
    doubt.count += 1;
    return doubt;
  }

  /** Every watch that was judged or is in doubt. */
  suspectAll(): Iterable<Doubt> {
    const { circles } = this;
    for (const doubt of this.doubts.values()) doubt.count += 1;
    for (const { watches, shown } of circles) {
      for (const watch of watches) {
        if (!watch.closed) this.doubts.set(watch, new Doubt(this, watch, null, shown));
      }
    }
    this.circles = [];
    this.listed = this.ended = 0;
    return this.doubts.values();
  }

  doubtOf(watch: Watch): Doubt | undefined {
    return this.doubts.get(watch);
  }

  /** One that was judged or is in doubt watches no more. Its doubt, if there was one. */
  leave(watch: Watch): Doubt | undefined {
    const doubt = this.doubts.get(watch);
    if (doubt) this.doubts.delete(watch);
    else if (!watch.closed) this.takeOut(watch);
    else if ((this.ended += 1) * 2 > this.listed) this.clear();
    return doubt;
  }

  /** What one that was judged or is in doubt was told last, or would know without being told. */
  shownTo(watch: Watch): Shown | null {
    return (this.doubts.get(watch) ?? this.circleOf(watch))?.shown ?? null;
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
    for (const doubt of [...this.doubts.values()]) {
      if (!hidden || !doubt.shown || doubt.shown.outline === hidden.outline) continue;
      doubt.shown = hidden;
      doubt.watch.push(hidden.view);
    }
  }

  private circleOf(watch: Watch): Circle | undefined {
    // Mostly there is one.
    return this.circles.length === 1 ? this.circles[0] : this.circles.find(({ watches }) => watches.includes(watch));
  }

  private takeOut(watch: Watch): Circle | undefined {
    for (const circle of this.circles) {
      const { watches } = circle;
      const place = watches.lastIndexOf(watch);
      if (place < 0) continue;
      const last = watches.pop();
      if (last && last !== watch) watches[place] = last;
      this.listed -= 1;
      if (watches.length === 0) this.circles = this.circles.filter((one) => one !== circle);
      return circle;
    }
    return undefined;
  }

  /** Takes out those that have ended; into lists of their own, as somebody may be going through these. */
  private clear(): void {
    for (const circle of this.circles) circle.watches = circle.watches.filter(({ closed }) => !closed);
    this.circles = this.circles.filter(({ watches }) => watches.length > 0);
    this.listed -= this.ended;
    this.ended = 0;
  }

  /** Those who had known different things may know the same by now. */
  private unite(): void {
    const united: Circle[] = [];
    for (const circle of this.circles) {
      const same = united.find((one) => one.suits(circle.verdict, circle.shown));
      if (same) for (const watch of circle.watches) same.watches.push(watch);
      else united.push(circle);
    }
    this.circles = united;
  }
}

/**
 * Watches of one subject that may see the same and were told the same last: what is news to one of them is news to all,
 * so that it is found out once, and to tell one of thousands takes no look at what it has known.
 */
export class Circle {
  watches: Watch[] = [];
  private readonly lens: number | null;
  /** What they were told last, or would know without being told. */
  shown: Shown | null = null;

  /** `verdict`: one of those that let the same through; null where there is no such user. */
  constructor(readonly verdict: Verdict | null) {
    this.lens = verdict && lensOf(verdict);
  }

  suits(verdict: Verdict | null, shown: Shown | null): boolean {
    if (this.shown?.outline !== shown?.outline) return false;
    return verdict === this.verdict || (verdict && lensOf(verdict)) === this.lens;
  }

  tell(shown: Shown | null, what: 'face' | 'outline', last: boolean): void {
    const before = this.shown;
    if (!shown || shown === before) return;
    this.shown = shown;
    if (before?.[what] === shown[what]) return;
    // To be told may be the end of a watch, which lets nobody change places: it is taken out of another list.
    const { watches } = this;
    for (let at = 0; at < watches.length; at += 1) watches[at]?.push(shown.view, last);
  }
}
