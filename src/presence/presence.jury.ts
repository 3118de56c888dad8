import { Logger } from '@nestjs/common';

import type { Clock } from '../kernel/clock.js';
import { Refusal } from '../kernel/errors.js';
import { HIDDEN } from '../privacy/privacy.rules.js';
import type { Dossier, Look } from '../privacy/privacy.types.js';
import type { Inquiry } from './presence.inquiry.js';
import type { Shown } from './presence.portrait.js';
import type { Subject } from './presence.subject.js';
import type { Doubt, First, Opening, Watch } from './presence.watch.js';
import type { PresenceView } from './presence.types.js';

/** Judges who begins to watch, and again those whose verdict may be void. */
export class Jury {
  private readonly log = new Logger(Jury.name);
  /** Not yet asked about. */
  private readonly doubtful = new Set<Doubt>();
  /** Doubts are numbered: an answer that was asked for before one is not believed after it. */
  private doubts = 0;
  private asking = false;
  private askedMeanwhile = false;

  constructor(
    private readonly inquiry: Inquiry,
    private readonly clock: Clock,
    /** Learns the newest truths of these users; refuses as the engine does. */
    private readonly look: (userIds: readonly string[]) => Promise<void>,
  ) {}

  /** Whoever watches the subject is told nothing until it is judged again, which is soon. */
  doubtSubject(subject: Subject): void {
    subject.doubtedAt = this.doubts += 1;
    for (const doubt of subject.suspectAll()) this.doubtful.add(doubt);
    this.askSoon();
  }

  /** As `doubtSubject`, of one of those who watch, and of whom it begins to watch. */
  doubtPair(subject: Subject, watch: Watch): void {
    this.doubts += 1;
    for (const opening of watch.openings) if (opening.has(subject)) opening.doubtedAt = this.doubts;
    if (watch.subjects.includes(subject)) this.doubtful.add(subject.suspect(watch));
    this.askSoon();
  }

  /** As `doubtSubject`, of all whom one of them watches. */
  doubtWatch(watch: Watch): void {
    this.doubts += 1;
    for (const opening of watch.openings) opening.doubtedAt = this.doubts;
    for (const subject of watch.subjects) this.doubtful.add(subject.suspect(watch));
    this.askSoon();
  }

  /** The subject is watched no more by whom this is about. */
  forget(doubt: Doubt): void {
    this.doubtful.delete(doubt);
  }

  /** Changes that come together are one question. */
  private askSoon(): void {
    if (this.doubtful.size > 0) setImmediate(() => void this.reconsider());
  }

  /** Judges those again whose verdict is in doubt, also where asking has failed before. */
  async reconsider(): Promise<void> {
    if (this.doubtful.size === 0) return;
    if (this.asking) {
      this.askedMeanwhile = true;
      return;
    }
    this.asking = true;
    const asked = [...this.doubtful];
    this.doubtful.clear();
    try {
      await this.judge(asked);
    } catch (error) {
      if (!(error instanceof Refusal)) this.log.error(error);
      for (const doubt of asked) if (!doubt.over) this.doubtful.add(doubt);
    } finally {
      this.asking = false;
      if (this.askedMeanwhile) this.askSoon();
      this.askedMeanwhile = false;
    }
  }

  /** One question for all whom a watch begins to watch. Who was doubted meanwhile is asked about again. */
  async open(opening: Opening): Promise<void> {
    if (opening.closed) return;
    const { watch, first, subjects } = opening;
    const asOf = this.doubts;
    const [dossiers = []] = await this.inquiry.ask([{ viewerId: watch.viewerId, subjects }]);
    if (opening.closed) return;
    const now = this.clock.now();
    const views: PresenceView[] = [];
    let again = false;
    // Nothing is told before everything is in its place: to be told may be the end of the watch.
    opening.close();
    subjects.forEach((subject, i) => {
      if (opening.hasLeft(subject)) return;
      subject.openings -= 1;
      if (opening.doubtedAt > asOf || subject.doubtedAt > asOf) {
        this.doubtful.add(subject.suspect(watch, first));
        again = true;
        return;
      }
      const dossier = dossiers[i] ?? null;
      const view = admit(subject, watch, { first, shown: null }, dossier, now);
      if (view) views.push(view);
      if (dossier?.certain === false) this.doubtful.add(subject.suspect(watch));
    });
    if (again) this.askSoon();
    for (const view of views) watch.push(view);
  }

  /** One question for all of them. Whoever was doubted meanwhile, or could not be judged, is asked about again. */
  private async judge(doubts: readonly Doubt[]): Promise<void> {
    const counts = new Map(doubts.map((doubt) => [doubt, doubt.count]));
    const byWatch = new Map<Watch, Doubt[]>();
    for (const doubt of doubts) {
      const others = byWatch.get(doubt.watch);
      if (others) others.push(doubt);
      else byWatch.set(doubt.watch, [doubt]);
    }
    const groups = [...byWatch.values()];
    const [answers] = await Promise.all([this.inquiry.ask(groups.map(lookOf)), this.refresh(doubts)]);
    const now = this.clock.now();
    groups.forEach((group, at) => {
      group.forEach((doubt, i) => {
        if (doubt.over) return;
        if (doubt.count !== counts.get(doubt)) {
          this.doubtful.add(doubt);
          return this.askSoon();
        }
        const dossier = answers[at]?.[i] ?? null;
        // Closed meanwhile: a new watcher sees somebody hidden, one who saw more is told nothing.
        if (dossier?.certain === false && doubt.first === null) {
          this.doubtful.add(doubt);
          return;
        }
        const { subject, watch } = doubt;
        const view = admit(subject, watch, doubt, dossier, now);
        if (dossier?.certain === false) this.doubtful.add(subject.suspect(watch));
        if (view) watch.push(view);
      });
    });
  }

  /** Since those who are watched already last changed, they may have been active: an event says since when not. */
  private async refresh(doubts: readonly Doubt[]): Promise<void> {
    try {
      await this.look([...new Set(doubts.map(({ subject }) => subject.userId))]);
    } catch (error) {
      // Who has hidden is hidden all the same; a time that is a little old does no harm.
      if (!(error instanceof Refusal)) throw error;
    }
  }
}

/** What the viewer has to be told: what they may see now, if it differs in what counts from what is known. */
function admit(
  subject: Subject,
  watch: Watch,
  { first, shown }: { readonly first: First | null; readonly shown: Shown | null },
  dossier: Dossier | null,
  now: number,
): PresenceView | null {
  if (!dossier) {
    subject.admit(watch, null, shown);
    return null;
  }
  subject.remember(dossier.user, dossier.lastSeen, dossier.lastActive);
  const seen = subject.show(dossier.verdict, now);
  // To those who watched the id, somebody who begins to exist was somebody hidden until now.
  const before = first === null ? (shown ?? subject.show(HIDDEN, now)) : first === 'known' ? seen : null;
  subject.admit(watch, dossier.verdict, seen);
  return seen && seen.outline !== before?.outline ? seen.view : null;
}

function lookOf(doubts: readonly Doubt[]): Look {
  return { viewerId: doubts[0]?.watch.viewerId ?? '', subjects: doubts.map(({ subject }) => subject) };
}
