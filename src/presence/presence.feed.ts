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
import { PrivacyService } from '../privacy/privacy.service.js';
import { Inquiry } from './presence.inquiry.js';
import { Jury } from './presence.jury.js';
import type { Subject } from './presence.subject.js';
import { Subjects } from './presence.subjects.js';
import type { AroundWatch, MovingTarget, PresenceView, WatchTarget } from './presence.types.js';
import { type First, Opening, Watch } from './presence.watch.js';
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
  private readonly subjects: Subjects;
  private readonly index = new WatchIndex();
  private readonly targets: WatchTargets;
  /** Heard in this turn of the event loop: at its end it is known which of them is the last. */
  private heard: Heard[] = [];
  /** Whose set of watched users could not be looked up after a change. */
  private readonly unsettled = new Set<Watch>();
  private readonly jury: Jury;

  constructor(
    private readonly engine: Engine,
    privacy: PrivacyService,
    directory: Directory,
    private readonly changes: Changes,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    this.subjects = new Subjects(engine.presence, (userId, truth) => this.onTruth(userId, truth));
    this.jury = new Jury(new Inquiry(privacy), clock, (userIds) => this.look(userIds));
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
    await this.jury.reconsider();
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
    if (!this.changes.fresh()) return this.jury.doubtSubject(subject);
    const began = measure.moment();
    subject.tell('face', this.clock.now(), last);
    measure.fannedOut(began, subject.count);
  }

  private onChange(change: Change): void {
    switch (change.kind) {
      case 'everything':
        for (const watch of this.index.all()) this.settle(watch);
        for (const subject of this.subjects.all()) this.jury.doubtSubject(subject);
        return;
      case 'user':
        return this.doubt(change.userId);
      case 'userDeleted':
        return this.bury(change.userId);
      case 'privacy':
        this.doubt(change.userId);
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
    const known = new Set(watch.all().map(({ userId }) => userId));
    const fresh = [...wanted].filter((userId) => !known.has(userId));
    checkBudget(watch, fresh.length);
    const told = new Map(watch.subjects.map((subject) => [subject.userId, subject]));
    for (const userId of wanted) {
      const shown = told.get(userId)?.shownTo(watch);
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
    if (watch.closed) return;
    const present = new Set(watch.all().map(({ userId }) => userId));
    const wanted = present.size > 0 ? userIds.filter((userId) => !present.has(userId)) : userIds;
    if (wanted.length === 0) return;
    // Who takes the present state as known needs no newer one: from now on every change is heard of.
    const looked = first === 'told' ? wanted.filter((userId) => this.subjects.has(userId)) : [];
    const opening = this.begin(watch, wanted, first);
    try {
      await this.subjects.arrival(opening.subjects);
      await this.look(looked);
      await this.jury.open(opening);
    } catch (error) {
      this.giveUp(opening);
      throw error;
    }
  }

  private begin(watch: Watch, userIds: readonly string[], first: First): Opening {
    const opening = new Opening(watch, this.subjects.enter(userIds), first);
    watch.openings = [...watch.openings, opening];
    watch.budget.users += opening.subjects.length;
    return opening;
  }

  /** A truth that is news to others who watch the same user is for them an event like any other. */
  private async look(userIds: readonly string[]): Promise<void> {
    if (userIds.length === 0) return;
    const truths = await this.engine.presence.read(userIds);
    for (const truth of truths) if (truth) this.onTruth(truth.userId, truth);
  }

  /** Ends what could not be judged. */
  private giveUp(opening: Opening): void {
    if (opening.closed) return;
    opening.end();
    for (const subject of opening.staying()) {
      subject.openings -= 1;
      this.release(opening.watch, subject);
    }
  }

  private remove(watch: Watch, leaving: ReadonlySet<Subject>): void {
    for (const opening of watch.openings) {
      for (const subject of opening.staying().filter((one) => leaving.has(one))) {
        opening.leave(subject);
        subject.openings -= 1;
        this.release(watch, subject);
      }
    }
    const { subjects } = watch;
    watch.subjects = subjects.filter((subject) => !leaving.has(subject));
    for (const subject of subjects) if (leaving.has(subject)) this.leave(watch, subject);
  }

  private leave(watch: Watch, subject: Subject): void {
    const doubt = subject.leave(watch);
    if (doubt) this.jury.forget(doubt);
    this.release(watch, subject);
  }

  private release(watch: Watch, subject: Subject): void {
    watch.budget.users -= 1;
    this.subjects.release(subject);
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
        const leaving = watch.all().filter(({ userId }) => !meant.has(userId) && !isNamed(target, userId));
        if (leaving.length > 0) this.remove(watch, new Set(leaving));
        await this.add(watch, [...meant], 'told');
      } catch (error) {
        if (!(error instanceof Refusal)) this.log.error(error);
        if (error instanceof Refusal && error.code !== 'SERVICE_UNAVAILABLE') watch.end(error);
        else if (!watch.closed) this.unsettled.add(watch);
      }
    });
  }

  private doubt(subjectId: string): void {
    const subject = this.subjects.get(subjectId);
    if (subject) this.jury.doubtSubject(subject);
  }

  private doubtPair(subjectId: string, viewerId: string): void {
    const subject = this.subjects.get(subjectId);
    if (subject) for (const watch of this.index.of(viewerId)) this.jury.doubtPair(subject, watch);
  }

  private doubtViewer(viewerId: string): void {
    for (const watch of this.index.of(viewerId)) this.jury.doubtWatch(watch);
  }

  private bury(userId: string): void {
    const subject = this.subjects.get(userId);
    if (!subject) return;
    subject.tellBurial(this.clock.now());
    this.jury.doubtSubject(subject);
  }

  private close(watch: Watch): void {
    const { subjects, openings } = watch;
    watch.subjects = [];
    for (const opening of openings) this.giveUp(opening);
    for (const subject of subjects) this.leave(watch, subject);
    this.unsettled.delete(watch);
    this.index.remove(watch);
  }
}

/** Also somebody who was named while whom the target means was looked up. */
function isNamed(target: MovingTarget, userId: string): boolean {
  return 'around' in target && target.around.has(userId);
}
