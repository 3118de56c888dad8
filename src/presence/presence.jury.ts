import { Logger } from '@nestjs/common';

import type { Clock } from '../kernel/clock.js';
import { Refusal } from '../kernel/errors.js';
import { HIDDEN } from '../privacy/privacy.rules.js';
import type { Dossier } from '../privacy/privacy.service.js';
import type { Inquiry } from './presence.inquiry.js';
import type { Doubt, Watcher } from './presence.watch.js';

/** Judges watchers: those who begin to watch, and again those whose verdict may be void. */
export class Jury {
  private readonly log = new Logger(Jury.name);
  /** In doubt and not yet asked about. */
  private readonly doubtful = new Set<Watcher>();
  private asking = false;
  private askedMeanwhile = false;

  constructor(
    private readonly inquiry: Inquiry,
    private readonly clock: Clock,
    /** Learns the newest truths of these users; refuses as the engine does. */
    private readonly look: (userIds: readonly string[]) => Promise<void>,
  ) {}

  /** They are told nothing until they are judged again, which is soon. */
  doubt(watchers: Iterable<Watcher>): void {
    for (const watcher of watchers) {
      watcher.subject.suspect(watcher);
      if (!watcher.doubt) continue;
      watcher.doubt.count += 1;
      // One that opens is being asked about; the answer finds that it was doubted meanwhile.
      if (!watcher.doubt.opening) this.doubtful.add(watcher);
    }
    this.askSoon();
  }

  /** Changes that come together are one question. */
  private askSoon(): void {
    if (this.doubtful.size > 0) setImmediate(() => void this.reconsider());
  }

  /** It watches no more. */
  forget(watcher: Watcher): void {
    this.doubtful.delete(watcher);
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
      for (const watcher of asked) if (watcher.doubt) this.doubtful.add(watcher);
    } finally {
      this.asking = false;
      if (this.askedMeanwhile) this.askSoon();
      this.askedMeanwhile = false;
    }
  }

  /** One question for all of them. Whoever was doubted meanwhile, or could not be judged, is asked about again. */
  async judge(watchers: readonly Watcher[]): Promise<void> {
    const counts = watchers.map(({ doubt }) => doubt?.count);
    const stored = new Set<string>();
    for (const { subject } of watchers) if (subject.away) stored.add(subject.userId);
    const [dossiers] = await Promise.all([this.inquiry.ask(watchers, stored), this.refresh(watchers)]);
    const now = this.clock.now();
    watchers.forEach((watcher, i) => {
      const { doubt } = watcher;
      if (!doubt) return;
      const dossier = dossiers[i] ?? null;
      if (doubt.count !== counts[i]) {
        doubt.opening = false;
        this.doubtful.add(watcher);
        return this.askSoon();
      }
      const certain = dossier?.certain !== false;
      // Closed meanwhile: a new watcher sees somebody hidden, one who saw more is told nothing.
      if (certain || doubt.first !== null) decide(watcher, doubt, dossier, now);
      if (certain) return;
      watcher.subject.suspect(watcher);
      this.doubtful.add(watcher);
    });
  }

  /** Since those who are watched already last changed, they may have been active: an event says since when not. */
  private async refresh(watchers: readonly Watcher[]): Promise<void> {
    const userIds = new Set<string>();
    for (const { doubt, subject } of watchers) if (doubt && !doubt.opening) userIds.add(subject.userId);
    try {
      await this.look([...userIds]);
    } catch (error) {
      // Who has hidden is hidden all the same; a time that is a little old does no harm.
      if (!(error instanceof Refusal)) throw error;
    }
  }
}

/** Sends what the viewer may see now if it differs in what counts from what is known. */
function decide(watcher: Watcher, { first, shown }: Doubt, dossier: Dossier | null, now: number): void {
  const { subject, watch } = watcher;
  if (!dossier) return subject.judge(watcher, null, shown);
  subject.remember(dossier.user, dossier.lastSeen, dossier.lastActive);
  const seen = subject.show(dossier.verdict, now);
  // To those who watched the id, somebody who begins to exist was somebody hidden until now.
  const before = first === null ? (shown ?? subject.show(HIDDEN, now)) : first === 'known' ? seen : null;
  subject.judge(watcher, dossier.verdict, seen);
  if (seen && seen.outline !== before?.outline) watch.push(seen.view);
}
