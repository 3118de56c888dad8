import type { Changes } from '../kernel/changes/changes.service.js';
import type { Change } from '../kernel/changes/changes.types.js';
import type { Config } from '../kernel/config/config.js';
import type { Directory } from '../kernel/directory/directory.service.js';
import { Refusal } from '../kernel/errors.js';
import { Recent } from '../kernel/recent.js';
import { ORDINARY, type PairGroup, type PairRow, type PrivacyRepository } from './privacy.repository.js';
import { ABOUT_ONESELF, HIDDEN, judge, type Pair, showsTimes } from './privacy.rules.js';
import type { Dossier, Dossiers, Look, Verdict } from './privacy.types.js';
import { type KeptVerdict, VerdictCache } from './verdict.cache.js';

/** Verdicts kept; about 100 bytes each. */
const VERDICTS_MAX = 200_000;
/** Users whose last change is remembered; the oldest forgotten ones make older verdicts void. */
const CHANGED_MAX = 50_000;
/** Pairs a query; keeps one statement well below its timeout. */
const PAIRS_A_QUERY = 1000;

/** Pairs of one look that Postgres is asked about. */
interface Asked extends PairGroup {
  readonly subjectIds: string[];
  /** In `dossiers`, the look's. */
  readonly places: number[];
  readonly dossiers: (Dossier | null)[];
}

/**
 * Every verdict anywhere is made here, from Postgres or from a cache that a change of either person, or doubt about
 * having heard of all changes, makes void.
 */
export class Verdicts {
  private readonly cache = new VerdictCache(VERDICTS_MAX);
  private readonly changedAt = new Recent<number>(CHANGED_MAX, (asOf) => (this.floor = Math.max(this.floor, asOf)));
  private readonly distinct = new Map<string, Verdict>();
  private readonly ordinary: Verdict;
  private changeCount = 0;
  /** Verdicts made before this count are void, whoever they are about. */
  private floor = 0;

  constructor(
    private readonly repository: Pick<PrivacyRepository, 'pairs'>,
    private readonly directory: Directory,
    private readonly changes: Changes,
    private readonly config: Config,
  ) {
    this.ordinary = this.judge(ORDINARY);
    changes.on((change) => this.forget(change));
  }

  /**
   * Dossiers for each look, in the order asked. At most one query for a thousand pairs, none when all is cached. `keep`:
   * false for somebody who keeps the verdicts anyway, so that they are not in memory twice. When Postgres cannot be
   * asked, what is not cached is hidden; a subject not known at all refuses SERVICE_UNAVAILABLE.
   */
  async dossiers(looks: readonly Look[], keep = true): Promise<readonly Dossiers[]> {
    const asked: Asked[] = [];
    const found = looks.map((look) => this.recall(look, asked));
    for (const some of portions(asked)) await this.load(some, keep);
    return found;
  }

  /** What is known without asking; what is not joins `asked`, and stands here as what it is unless a row says more. */
  private recall({ viewerId, subjects }: Look, asked: Asked[]): (Dossier | null)[] {
    const dossiers = new Array<Dossier | null>(subjects.length).fill(null);
    // Who is in memory exists for as long as changes are heard of; then only what is out of the ordinary is read.
    const trusted = this.changes.fresh();
    const verdicts = this.keptFor(viewerId);
    let whole: Asked | null = null;
    let partial: Asked | null = null;
    for (let at = 0; at < subjects.length; at += 1) {
      const { userId, away } = subjects[at] as Look['subjects'][number];
      const user = this.directory.known(userId);
      const verdict = user && this.verdictOf(verdicts, userId, viewerId);
      // Of whom nothing is shown nothing is asked, or the time that it takes would tell whether they are there.
      if (verdict && !(away && showsTimes(verdict))) {
        dossiers[at] = { user, verdict, certain: true };
        continue;
      }
      let group: Asked;
      if (trusted && user && !away) {
        group = partial ??= begin(asked, viewerId, false, dossiers);
        dossiers[at] = { user, verdict: this.ordinary, certain: true };
      } else group = whole ??= begin(asked, viewerId, true, dossiers);
      group.subjectIds.push(userId);
      group.places.push(at);
    }
    return dossiers;
  }

  /** Asks Postgres, and puts what it says where it belongs. */
  private async load(asked: readonly Asked[], keep: boolean): Promise<void> {
    const asOf = this.changeCount;
    const prime = this.directory.primer();
    let rows: readonly PairRow[];
    try {
      rows = await this.repository.pairs(asked);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      for (const group of asked) this.closeTo(group, error);
      return;
    }
    prime(rows.map((row) => row.user));
    // Mostly there is none.
    if (rows.length > 0) this.fill(asked, rows);
    if (!keep) return;
    for (const { viewerId, subjectIds, places, dossiers } of asked) {
      subjectIds.forEach((subjectId, i) => {
        const dossier = dossiers[places[i] ?? -1];
        if (dossier) this.cache.set(viewerId, subjectId, { verdict: dossier.verdict, asOf });
      });
    }
  }

  private fill(asked: readonly Asked[], rows: readonly PairRow[]): void {
    const byPair = new Map(rows.map((row) => [pairKey(row.subjectId, row.viewerId), row]));
    for (const { viewerId, subjectIds, places, dossiers } of asked) {
      subjectIds.forEach((subjectId, i) => {
        const row = byPair.get(pairKey(subjectId, viewerId));
        const place = places[i];
        if (row && place !== undefined) dossiers[place] = this.dossierOf(row);
      });
    }
  }

  /** Closed, not open: who cannot be judged is hidden. */
  private closeTo({ viewerId, subjectIds, places, dossiers }: Asked, refusal: Refusal): void {
    const verdicts = this.keptFor(viewerId);
    subjectIds.forEach((subjectId, i) => {
      const user = this.directory.known(subjectId);
      if (!user) throw refusal;
      const verdict = this.verdictOf(verdicts, subjectId, viewerId);
      const place = places[i];
      if (place !== undefined) dossiers[place] = { user, verdict: verdict ?? HIDDEN, certain: verdict !== undefined };
    });
  }

  private dossierOf(row: PairRow): Dossier {
    const verdict = row.subjectId === row.viewerId ? ABOUT_ONESELF : this.judge(row.pair);
    const { user, lastSeen, lastActive } = row;
    return { user, verdict, certain: true, lastSeen, lastActive };
  }

  /** Equal verdicts are one object: there are few, and every watcher holds one. */
  private judge(pair: Pair): Verdict {
    const verdict = judge(pair, this.config.privacyReciprocal);
    const name = Object.values(verdict).join();
    const known = this.distinct.get(name);
    if (!known) this.distinct.set(name, verdict);
    return known ?? verdict;
  }

  /** By subject, where they can be relied on. */
  private keptFor(viewerId: string): ReadonlyMap<string, KeptVerdict> | undefined {
    return this.changes.fresh() ? this.cache.of(viewerId) : undefined;
  }

  /** `verdicts`: those kept for the viewer. */
  private verdictOf(
    verdicts: ReadonlyMap<string, KeptVerdict> | undefined,
    subjectId: string,
    viewerId: string,
  ): Verdict | undefined {
    if (subjectId === viewerId) return ABOUT_ONESELF;
    const kept = verdicts?.get(subjectId);
    return kept && this.holds(kept, subjectId, viewerId) ? kept.verdict : undefined;
  }

  private holds(kept: KeptVerdict, subjectId: string, viewerId: string): boolean {
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
        this.cache.delete(change.otherId, change.userId);
        this.cache.delete(change.userId, change.otherId);
        // A reading under way must not put the old verdict back.
        this.changedAt.set(change.userId, this.changeCount);
        return;
      case 'user':
      case 'member':
        return;
    }
  }
}

function begin(asked: Asked[], viewerId: string, whole: boolean, dossiers: (Dossier | null)[]): Asked {
  const group: Asked = { viewerId, whole, subjectIds: [], places: [], dossiers };
  asked.push(group);
  return group;
}

/** As much of it as one query is to answer, one part after the other. */
function* portions(asked: readonly Asked[]): Iterable<readonly Asked[]> {
  let portion: Asked[] = [];
  let pairs = 0;
  for (const group of asked.flatMap(split)) {
    pairs += group.subjectIds.length;
    if (pairs > PAIRS_A_QUERY) {
      yield portion;
      portion = [];
      pairs = group.subjectIds.length;
    }
    portion.push(group);
  }
  if (portion.length > 0) yield portion;
}

function split(group: Asked): Asked[] {
  if (group.subjectIds.length <= PAIRS_A_QUERY) return [group];
  const parts: Asked[] = [];
  for (let from = 0; from < group.subjectIds.length; from += PAIRS_A_QUERY) {
    const to = from + PAIRS_A_QUERY;
    parts.push({ ...group, subjectIds: group.subjectIds.slice(from, to), places: group.places.slice(from, to) });
  }
  return parts;
}

/** One key for a pair; ids never hold a space. */
function pairKey(subjectId: string, viewerId: string): string {
  return `${subjectId} ${viewerId}`;
}
