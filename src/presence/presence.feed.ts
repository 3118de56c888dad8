import { Injectable, Logger } from '@nestjs/common';

import { Engine, type Truth } from '../engine/engine.js';
import type { Caller } from '../kernel/caller.js';
import { Changes } from '../kernel/changes/changes.service.js';
import type { Change } from '../kernel/changes/changes.types.js';
import { Clock } from '../kernel/clock.js';
import { Config } from '../kernel/config/config.js';
import { Directory } from '../kernel/directory/directory.service.js';
import { Refusal } from '../kernel/errors.js';
import { checkId, checkIds } from '../kernel/input.js';
import { measure } from '../kernel/metrics/measure.js';
import type { Stream } from '../kernel/stream.js';
import { tellAtTheEnd } from '../kernel/turn.js';
import { HIDDEN } from '../privacy/privacy.rules.js';
import { type Dossier, PrivacyService } from '../privacy/privacy.service.js';
import { Inquiry } from './presence.inquiry.js';
import { Subject } from './presence.subject.js';
import type { AroundWatch, MovingTarget, PresenceView, WatchTarget } from './presence.types.js';
import { type Doubt, type First, Watch, type Watcher } from './presence.watch.js';
import { WatchIndex } from './watch.index.js';
import { checkBudget, WATCHED_MAX, WatchTargets } from './watch.targets.js';

interface Heard {
  readonly userId: string;
  readonly truth: Truth | null;
}

/**
 * The live views. Truths come in from the engine, verdicts from privacy; what a viewer would not notice goes nowhere.
 * A watcher whose verdict is in doubt is told nothing until it is judged anew.
 */
@Injectable()
export class PresenceFeed {
  private readonly log = new Logger(PresenceFeed.name);
  private readonly subjects = new Map<string, Subject>();
  private readonly index = new WatchIndex();
  private readonly targets: WatchTargets;
  /** Heard in this turn of the event loop: at its end it is known which of them is the last. */
  private heard: Heard[] = [];
  /** In doubt and not yet asked about; the reaper asks again about those where asking failed. */
  private readonly doubtful = new Set<Watcher>();
  /** Whose set of watched users could not be looked up after a change. */
  private readonly unsettled = new Set<Watch>();
  private readonly inquiry: Inquiry;
  private asking = false;
  private askedMeanwhile = false;

  constructor(
    private readonly engine: Engine,
    privacy: PrivacyService,
    directory: Directory,
    private readonly changes: Changes,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    this.inquiry = new Inquiry(privacy);
    this.targets = new WatchTargets(directory, this.index);
    // Alone, whoever changes something is answered when others have been told. What comes from a store comes in batches.
    const alone = engine.health().kind === 'memory';
    engine.presence.onTruth((userId, truth) => (alone ? this.onTruth(userId, truth) : this.hear(userId, truth)));
    changes.on((change) => this.onChange(change));
  }

  /**
   * Views of named users (at most 1000), of a conversation's members or of the caller's contacts. With `snapshot` first
   * one view for every one who exists; then every change that the caller can notice, with no gap between.
   * Refuses BAD_USER_INPUT, CONVERSATION_NOT_FOUND, SERVICE_UNAVAILABLE; the stream ends with CONVERSATION_NOT_FOUND
   * when the caller leaves the conversation.
   */
  async watch(caller: Caller, target: WatchTarget, snapshot: boolean): Promise<Stream<PresenceView>> {
    return this.open(caller, target, snapshot);
  }

  /** Everybody around the caller, kept current: contacts first, then members of the same conversations, at most 5000. */
  async watchAround(caller: Caller): Promise<AroundWatch> {
    const named = new Set<string>();
    const watch = await this.open(caller, { around: named }, true);
    return {
      stream: watch,
      add: (userIds) => this.name(watch, named, userIds),
      drop: (userIds) => {
        for (const userId of userIds ?? [...named]) named.delete(userId);
        this.settle(watch);
      },
    };
  }

  private async open(caller: Caller, about: WatchTarget, snapshot: boolean): Promise<Watch> {
    const target = 'userIds' in about ? null : about;
    const named = 'userIds' in about ? [...new Set(checkIds(about.userIds, 'userIds', WATCHED_MAX))] : [];
    if (target && 'conversationId' in target) checkId(target.conversationId, 'conversationId');
    const budget = caller.watching ?? { users: 0 };
    const watch: Watch = new Watch(caller.userId, target, budget, () => this.close(watch));
    this.index.add(watch);
    try {
      const userIds = target ? await this.targets.meant(watch, target) : named;
      checkBudget(watch, userIds.length);
      await this.add(watch, userIds, snapshot ? 'told' : 'known');
    } catch (error) {
      watch.end();
      throw error;
    }
    return watch;
  }

  /** Distinct users somebody here watches. */
  get users(): number {
    return this.subjects.size;
  }

  /** Live streams. */
  get watches(): number {
    return this.index.size;
  }

  /** Asks again about everything that could not be settled. Called by the reaper. */
  async reconsider(): Promise<void> {
    for (const watch of this.unsettled) this.settle(watch);
    await this.askAboutDoubtful();
  }

  private hear(userId: string, truth: Truth | null): void {
    if (this.subjects.has(userId) && this.heard.push({ userId, truth }) === 1) tellAtTheEnd(() => this.tellHeard());
  }

  private tellHeard(): void {
    const { heard } = this;
    this.heard = [];
    for (let at = 0; at < heard.length; at += 1) {
      const one = heard[at];
      if (one) this.learn(one.userId, one.truth, at + 1 === heard.length);
    }
  }

  /** Not before what was heard earlier. */
  private onTruth(userId: string, truth: Truth | null): void {
    this.tellHeard();
    this.learn(userId, truth, false);
  }

  private learn(userId: string, truth: Truth | null, last: boolean): void {
    const subject = this.subjects.get(userId);
    if (!subject?.learn(truth)) return;
    // Somebody may have hidden without our hearing of it: every verdict is asked for again before anything is sent.
    if (!this.changes.fresh()) return this.doubt(subject.watchers);
    const began = measure.moment();
    subject.tell('face', this.clock.now(), last);
    measure.fannedOut(began, subject.count);
  }

  private onChange(change: Change): void {
    switch (change.kind) {
      case 'everything':
        for (const watch of this.index.all()) this.settle(watch);
        for (const subject of this.subjects.values()) this.doubt(subject.watchers);
        return;
      case 'user':
        return this.doubt(this.watchersOf(change.userId));
      case 'userDeleted':
        return this.bury(change.userId);
      case 'privacy':
        this.doubt(this.watchersOf(change.userId));
        if (this.config.privacyReciprocal) this.doubtViewer(change.userId);
        return;
      case 'block':
        this.doubtPair(change.userId, change.otherId);
        this.doubtPair(change.otherId, change.userId);
        return;
      case 'contact':
        this.doubtPair(change.userId, change.otherId);
        this.doubtPair(change.otherId, change.userId);
        for (const watch of this.index.of(change.userId)) {
          if (watch.target && !('conversationId' in watch.target)) this.settle(watch);
        }
        return;
      case 'member':
        for (const watch of this.index.of(change.userId))
          if (watch.target && 'around' in watch.target) this.settle(watch);
        for (const watch of this.index.in(change.conversationId)) this.settle(watch);
        return;
      case 'custom':
        return;
    }
  }

  private async name(watch: Watch, named: Set<string>, userIds: readonly string[]): Promise<void> {
    const wanted = new Set(checkIds(userIds, 'user_ids', WATCHED_MAX));
    wanted.delete(watch.viewerId);
    const known = new Map(watch.watchers.map((watcher) => [watcher.subjectId, watcher]));
    const fresh = [...wanted].filter((userId) => !known.has(userId));
    checkBudget(watch, fresh.length);
    for (const userId of wanted) {
      const shown = known.get(userId)?.shown;
      if (shown) watch.push(shown.view);
      named.add(userId);
    }
    try {
      await this.add(watch, fresh, 'told');
    } catch (error) {
      for (const userId of fresh) named.delete(userId);
      throw error;
    }
  }

  /** Watches more users; `first` says what becomes of the present state of each. */
  private async add(watch: Watch, userIds: readonly string[], first: First): Promise<void> {
    const before = watch.watchers;
    const present = new Set(before.map((watcher) => watcher.subjectId));
    const wanted = present.size > 0 ? userIds.filter((userId) => !present.has(userId)) : userIds;
    if (wanted.length === 0) return;
    const known = wanted.filter((userId) => this.subjects.has(userId));
    const added = this.attach(watch, wanted, first);
    watch.watchers = before.length > 0 ? [...before, ...added] : added;
    watch.budget.users += added.length;
    try {
      await this.arrival(added);
      // Who takes the present state as known needs no newer one: from now on every change is heard of.
      if (first === 'told') await this.look(known);
      await this.judge(added);
    } catch (error) {
      this.remove(watch, new Set(added));
      throw error;
    }
  }

  private attach(watch: Watch, userIds: readonly string[], first: First): readonly Watcher[] {
    const fresh: Subject[] = [];
    const added = userIds.map((userId) => {
      let subject = this.subjects.get(userId);
      if (!subject) {
        subject = new Subject(userId);
        this.subjects.set(userId, subject);
        fresh.push(subject);
      }
      return subject.join(watch, first);
    });
    if (fresh.length > 0) this.bring(fresh);
    return added;
  }

  /** Hears of them from now on: one interest a subject, however many watch it. */
  private bring(subjects: readonly Subject[]): void {
    const userIds = subjects.map(({ userId }) => userId);
    const coming = this.engine.presence.watch(userIds).then((truths) => {
      for (const [i, subject] of subjects.entries()) {
        subject.coming = null;
        const truth = truths[i];
        if (subject.count === 0) this.engine.presence.unwatch([subject.userId]);
        else if (truth) this.onTruth(subject.userId, truth);
      }
    });
    for (const subject of subjects) subject.coming = coming;
  }

  /** Resolves when no event about any of them can be missed any more. */
  private async arrival(watchers: readonly Watcher[]): Promise<void> {
    const coming = new Set<Promise<void>>();
    for (const { subject } of watchers) if (subject.coming) coming.add(subject.coming);
    if (coming.size > 0) await Promise.all(coming);
  }

  /** A truth that is news to others who watch the same user is for them an event like any other. */
  private async look(userIds: readonly string[]): Promise<void> {
    if (userIds.length === 0) return;
    const truths = await this.engine.presence.read(userIds);
    for (const truth of truths) if (truth) this.onTruth(truth.userId, truth);
  }

  private remove(watch: Watch, leaving: ReadonlySet<Watcher>): void {
    watch.watchers = watch.watchers.filter((watcher) => !leaving.has(watcher));
    for (const watcher of leaving) if (!watcher.gone) this.detach(watcher);
  }

  private detach(watcher: Watcher): void {
    const { watch, subject } = watcher;
    watch.budget.users -= 1;
    this.doubtful.delete(watcher);
    subject.leave(watcher);
    if (subject.count > 0) return;
    this.subjects.delete(subject.userId);
    // One that is still coming: whoever brings it will find that nobody wants it. One that did not come is not watched.
    if (!subject.coming) this.engine.presence.unwatch([subject.userId]);
  }

  /** Looks again at whom the watch is about; one look after the other. */
  private settle(watch: Watch): void {
    const { target } = watch;
    if (!target || watch.unsettled) return;
    watch.unsettled = true;
    watch.settling = watch.settling.then(async () => {
      watch.unsettled = false;
      this.unsettled.delete(watch);
      if (watch.closed) return;
      try {
        const meant = new Set(await this.targets.meant(watch, target));
        const leaving = watch.watchers.filter(({ subjectId }) => !meant.has(subjectId) && !isNamed(target, subjectId));
        if (leaving.length > 0) this.remove(watch, new Set(leaving));
        await this.add(watch, [...meant], 'told');
      } catch (error) {
        if (!(error instanceof Refusal)) this.log.error(error);
        if (error instanceof Refusal && error.code !== 'SERVICE_UNAVAILABLE') watch.end(error);
        else if (!watch.closed) this.unsettled.add(watch);
      }
    });
  }

  private doubt(watchers: Iterable<Watcher>): void {
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
    if (this.doubtful.size > 0) setImmediate(() => void this.askAboutDoubtful());
  }

  private doubtPair(subjectId: string, viewerId: string): void {
    const ofSubject = ({ subject }: Watcher) => subject.userId === subjectId;
    this.doubt([...this.index.of(viewerId)].flatMap((watch) => watch.watchers.find(ofSubject) ?? []));
  }

  private doubtViewer(viewerId: string): void {
    for (const watch of this.index.of(viewerId)) this.doubt(watch.watchers);
  }

  private async askAboutDoubtful(): Promise<void> {
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
  private async judge(watchers: readonly Watcher[]): Promise<void> {
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

  private bury(userId: string): void {
    const subject = this.subjects.get(userId);
    if (!subject) return;
    subject.tellBurial(this.clock.now());
    this.doubt(subject.watchers);
  }

  private watchersOf(userId: string): Iterable<Watcher> {
    return this.subjects.get(userId)?.watchers ?? [];
  }

  private close(watch: Watch): void {
    const { watchers } = watch;
    watch.watchers = [];
    for (const watcher of watchers) this.detach(watcher);
    this.unsettled.delete(watch);
    this.index.remove(watch);
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

/** Also somebody who was named while whom the target means was looked up. */
function isNamed(target: MovingTarget, userId: string): boolean {
  return 'around' in target && target.around.has(userId);
}
