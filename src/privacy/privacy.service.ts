import { Injectable } from '@nestjs/common';

import type { Caller } from '../kernel/caller.js';
import { Changes } from '../kernel/changes/changes.service.js';
import type { Change } from '../kernel/changes/changes.types.js';
import { Config } from '../kernel/config/config.js';
import { Directory } from '../kernel/directory/directory.service.js';
import type { User } from '../kernel/directory/directory.types.js';
import { badInput, Refusal, userNotFound } from '../kernel/errors.js';
import { checkId, checkIds } from '../kernel/input.js';
import { Limits } from '../kernel/limits/limits.service.js';
import { Recent } from '../kernel/recent.js';
import { ORDINARY, type PairKey, PrivacyRepository, type PairRow, type SettingsChange } from './privacy.repository.js';
import { ABOUT_ONESELF, HIDDEN, judge, type Pair, showsTimes } from './privacy.rules.js';
import { AUDIENCES, ONLINE_AUDIENCES, type PrivacyInput, type PrivacySettings, type Verdict } from './privacy.types.js';
import { type KeptVerdict, VerdictCache } from './verdict.cache.js';

const LIST_MAX = 1000;
const BLOCKS_MAX = 10_000;
/** Verdicts kept; about 100 bytes each. */
const VERDICTS_MAX = 200_000;
/** Users whose last change is remembered; the oldest forgotten ones make older verdicts void. */
const CHANGED_MAX = 50_000;
/** Pairs a query; keeps one statement well below its timeout. */
const PAIRS_A_QUERY = 1000;

/** What is known of a subject for one viewer. */
export interface Dossier {
  readonly user: User;
  readonly verdict: Verdict;
  /** False: nothing could be asked, so that the verdict is "hidden" whatever the truth. Worth asking again. */
  readonly certain: boolean;
  /** From Postgres, milliseconds since 1970; undefined when it was neither asked for nor read. */
  readonly lastSeen?: number | null;
  readonly lastActive?: number | null;
}

interface Loading {
  /** Those in memory, in the order of the pairs. */
  readonly users: readonly (User | undefined)[];
  readonly stored: ReadonlySet<string>;
  readonly keep: boolean;
}

/**
 * Who may know what of whom, and the settings it follows from. Every verdict anywhere is made here, from Postgres or
 * from a cache that a change of either person, or doubt about having heard of all changes, makes void.
 */
@Injectable()
export class PrivacyService {
  private readonly verdicts = new VerdictCache(VERDICTS_MAX);
  private readonly changedAt = new Recent<number>(CHANGED_MAX, (asOf) => (this.floor = Math.max(this.floor, asOf)));
  private readonly distinct = new Map<string, Verdict>();
  private readonly ordinary: Verdict;
  private changeCount = 0;
  /** Verdicts made before this count are void, whoever they are about. */
  private floor = 0;

  constructor(
    private readonly repository: PrivacyRepository,
    private readonly directory: Directory,
    private readonly changes: Changes,
    private readonly limits: Limits,
    private readonly config: Config,
  ) {
    this.ordinary = this.judge(ORDINARY);
    changes.on((change) => this.forget(change));
  }

  /**
   * A dossier for each pair, in the order asked; null where there is no such subject. At most one query a thousand
   * pairs, none when all is cached. `stored`: subjects whose last seen in Postgres is wanted too, where it is shown.
   * `keep`: false for somebody who keeps the verdicts anyway, so that they are not in memory twice. When Postgres cannot
   * be asked, what is not cached is hidden; a subject not known at all refuses SERVICE_UNAVAILABLE.
   */
  async dossiers(
    keys: readonly PairKey[],
    stored: ReadonlySet<string> = new Set(),
    keep = true,
  ): Promise<readonly (Dossier | null)[]> {
    const found = new Array<Dossier | null>(keys.length).fill(null);
    // Side by side: pairs that have to be asked about, their places, and whom of them is in memory. A user who is not
    // comes with the pair's own query.
    const asked: PairKey[] = [];
    const places: number[] = [];
    const users: (User | undefined)[] = [];
    const recall = this.recaller();
    let at = -1;
    for (const key of keys) {
      at += 1;
      const user = this.directory.known(key.subjectId);
      const verdict = user && recall(key);
      // Of whom nothing is shown nothing is asked, or the time that it takes would tell whether they are there.
      const enough = verdict && !(stored.has(key.subjectId) && showsTimes(verdict));
      if (enough) {
        found[at] = { user, verdict, certain: true };
        continue;
      }
      asked.push(key);
      places.push(at);
      users.push(user);
    }
    for (let start = 0; start < asked.length; start += PAIRS_A_QUERY) {
      const end = start + PAIRS_A_QUERY;
      const loaded = await this.load(asked.slice(start, end), { users: users.slice(start, end), stored, keep });
      places.slice(start, end).forEach((place, i) => (found[place] = loaded[i] ?? null));
    }
    return found;
  }

  /** As `dossiers`, of many subjects for one viewer, by subject; without those who do not exist. */
  async dossiersFor(
    viewerId: string,
    subjectIds: Iterable<string>,
    stored?: ReadonlySet<string>,
  ): Promise<Map<string, Dossier>> {
    const distinct = [...new Set(subjectIds)];
    const found = await this.dossiers(
      distinct.map((subjectId) => ({ subjectId, viewerId })),
      stored,
    );
    const bySubject = new Map<string, Dossier>();
    distinct.forEach((subjectId, at) => {
      const dossier = found[at];
      if (dossier) bySubject.set(subjectId, dossier);
    });
    return bySubject;
  }

  async settings(userId: string): Promise<PrivacySettings> {
    return withShorthand(await this.repository.settingsOf(userId));
  }

  /** Refuses BAD_USER_INPUT: unknown audiences, lists over 1000 ids or with a bad one, a shorthand that disagrees. */
  async update(caller: Caller, input: PrivacyInput): Promise<PrivacySettings> {
    await this.limits.change(caller);
    const checked = checkInput(caller.userId, input);
    if (Object.values(checked).every((value) => value === null)) return this.settings(caller.userId);
    const stored = await this.repository.change(caller.userId, (before): SettingsChange => ({
      lastSeen: checked.lastSeen ?? followShorthand(before.lastSeen, checked.showLastSeen),
      online: checked.online ?? before.online,
      coarseLastSeen: checked.coarseLastSeen ?? before.coarseLastSeen,
      typing: checked.typing ?? before.typing,
      alwaysUserIds: checked.alwaysUserIds,
      neverUserIds: checked.neverUserIds,
    }));
    return withShorthand(stored);
  }

  /** Refuses BAD_USER_INPUT (oneself, over 10,000) and USER_NOT_FOUND. Twice is no change. */
  async block(caller: Caller, userId: string): Promise<PrivacySettings> {
    await this.limits.change(caller);
    if (checkId(userId, 'userId') === caller.userId) throw badInput('You cannot block yourself');
    const outcome = await this.repository.block(caller.userId, userId, BLOCKS_MAX);
    if (outcome === 'unknown') throw userNotFound();
    if (outcome === 'full') throw badInput(`You can block at most ${BLOCKS_MAX} users`);
    return this.settings(caller.userId);
  }

  async unblock(caller: Caller, userId: string): Promise<PrivacySettings> {
    await this.limits.change(caller);
    if (!(await this.repository.unblock(caller.userId, checkId(userId, 'userId')))) throw userNotFound();
    return this.settings(caller.userId);
  }

  private async load(keys: readonly PairKey[], { users, stored, keep }: Loading): Promise<readonly (Dossier | null)[]> {
    const asOf = this.changeCount;
    // Who is in memory exists for as long as changes are heard of; then only what is out of the ordinary is read.
    const trusted = this.changes.fresh();
    const whole = keys.map(({ subjectId }, i) => !trusted || !users[i] || stored.has(subjectId));
    const prime = this.directory.primer();
    let rows: readonly PairRow[];
    try {
      rows = await this.repository.pairs(keys, whole);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const recall = this.recaller();
      return keys.map((key, i) => unasked(users[i], recall(key), error));
    }
    prime(rows.map((row) => row.user));
    // Mostly there is none.
    const byPair = new Map(rows.map((row) => [pairKey(row), row]));
    return keys.map((key, i) => {
      const row = rows.length > 0 ? byPair.get(pairKey(key)) : undefined;
      const dossier = row ? this.dossierOf(row) : whole[i] ? null : this.ordinaryOf(users[i]);
      if (keep && dossier) this.verdicts.set(key.viewerId, key.subjectId, { verdict: dossier.verdict, asOf });
      return dossier;
    });
  }

  private dossierOf(row: PairRow): Dossier {
    const verdict = row.subjectId === row.viewerId ? ABOUT_ONESELF : this.judge(row.pair);
    const { user, lastSeen, lastActive } = row;
    return { user, verdict, certain: true, lastSeen, lastActive };
  }

  private ordinaryOf(user: User | undefined): Dossier | null {
    return user ? { user, verdict: this.ordinary, certain: true } : null;
  }

  /** Equal verdicts are one object: there are few, and every watcher holds one. */
  private judge(pair: Pair): Verdict {
    const verdict = judge(pair, this.config.privacyReciprocal);
    const name = Object.values(verdict).join();
    const known = this.distinct.get(name);
    if (!known) this.distinct.set(name, verdict);
    return known ?? verdict;
  }

  /** What is kept of pairs at this moment. Quickest where pairs of one viewer follow one another. */
  private recaller(): (key: PairKey) => Verdict | undefined {
    if (!this.changes.fresh()) return (key) => (isOneself(key) ? ABOUT_ONESELF : undefined);
    let viewerId: string | null = null;
    let verdicts: ReadonlyMap<string, KeptVerdict> | undefined;
    return (key) => {
      if (isOneself(key)) return ABOUT_ONESELF;
      if (key.viewerId !== viewerId) verdicts = this.verdicts.of((viewerId = key.viewerId));
      const kept = verdicts?.get(key.subjectId);
      return kept && this.holds(kept, key) ? kept.verdict : undefined;
    };
  }

  private holds(kept: KeptVerdict, { subjectId, viewerId }: PairKey): boolean {
    if (kept.asOf === this.changeCount) return true;
    const { asOf } = kept;
    if (asOf < this.floor || asOf < this.changedSince(subjectId) || asOf < this.changedSince(viewerId)) return false;
    kept.asOf = this.changeCount;
    return true;
  }

  /** The count of changes with the last one of a user. */
  private changedSince(userId: string): number {
    return this.changedAt.get(userId) ?? 0;
  }

  private forget(change: Change): void {
    this.changeCount += 1;
    switch (change.kind) {
      case 'everything':
        this.floor = this.changeCount;
        return;
      case 'privacy':
      case 'custom':
      case 'userDeleted':
        this.changedAt.set(change.userId, this.changeCount);
        return;
      case 'block':
      case 'contact':
        this.verdicts.delete(change.otherId, change.userId);
        this.verdicts.delete(change.userId, change.otherId);
        // A reading under way must not put the old verdict back.
        this.changedAt.set(change.userId, this.changeCount);
        return;
      case 'user':
      case 'member':
        return;
    }
  }
}

/** Closed, not open: who cannot be judged is hidden. */
function unasked(user: User | undefined, verdict: Verdict | undefined, refusal: Refusal): Dossier {
  if (!user) throw refusal;
  return { user, verdict: verdict ?? HIDDEN, certain: verdict !== undefined };
}

const isOneself = ({ subjectId, viewerId }: PairKey) => subjectId === viewerId;

/** One key for a pair; ids never hold a space. */
function pairKey(key: PairKey): string {
  return `${key.subjectId} ${key.viewerId}`;
}

function withShorthand(stored: Omit<PrivacySettings, 'showLastSeen'>): PrivacySettings {
  return { ...stored, showLastSeen: stored.lastSeen !== 'NOBODY' };
}

/** `true` opens only what is closed to everybody; it never widens CONTACTS. */
function followShorthand(before: PrivacySettings['lastSeen'], shown: boolean | null): PrivacySettings['lastSeen'] {
  if (shown === null) return before;
  if (!shown) return 'NOBODY';
  return before === 'NOBODY' ? 'EVERYONE' : before;
}

function checkInput(ownId: string, input: PrivacyInput) {
  const checked = {
    showLastSeen: input.showLastSeen ?? null,
    lastSeen: input.lastSeen ?? null,
    online: input.online ?? null,
    coarseLastSeen: input.coarseLastSeen ?? null,
    typing: input.typing ?? null,
    alwaysUserIds: checkList(ownId, input.alwaysUserIds, 'alwaysUserIds'),
    neverUserIds: checkList(ownId, input.neverUserIds, 'neverUserIds'),
  };
  if (checked.lastSeen && !AUDIENCES.includes(checked.lastSeen)) throw badInput('lastSeen is not an audience');
  if (checked.online && !ONLINE_AUDIENCES.includes(checked.online)) throw badInput('online is not an audience');
  if (
    checked.showLastSeen !== null &&
    checked.lastSeen !== null &&
    checked.showLastSeen !== (checked.lastSeen !== 'NOBODY')
  ) {
    throw badInput('showLastSeen and lastSeen disagree');
  }
  return checked;
}

function checkList(ownId: string, ids: readonly string[] | null | undefined, what: string): string[] | null {
  if (!ids) return null;
  return [...new Set(checkIds(ids, what, LIST_MAX))].filter((id) => id !== ownId);
}
