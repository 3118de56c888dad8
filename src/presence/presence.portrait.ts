import type { Truth } from '../engine/engine.js';
import type { User } from '../kernel/directory/directory.types.js';
import { HIDDEN } from '../privacy/privacy.rules.js';
import type { Verdict } from '../privacy/privacy.types.js';
import { completed, faceOf, lacksLastSeen, lensOf, offline, outlineOf, redact } from './presence.rules.js';
import type { PresenceView } from './presence.types.js';

/** A view with what is compared to tell whether somebody notices a change. */
export interface Shown {
  readonly view: PresenceView;
  readonly face: string;
  readonly outline: string;
  readonly madeAt: number;
}

// A bucket moves by itself; a view with one is made anew for those who come later.
const BUCKET_KEPT_MS = 60_000;

/** What is known of one user: the newest truth, and the few views that can be made of it. */
export class Portrait {
  private truth: Truth | null = null;
  private person: User | null = null;
  private deleted = false;
  private views: (Shown | undefined)[] = [];

  constructor(readonly userId: string) {}

  /** False when nobody can notice it. Null: the engine holds nothing about them any more. */
  learn(truth: Truth | null): boolean {
    if (truth && this.truth && truth.version <= this.truth.version) return this.catchUp(this.truth, truth);
    if (!truth && (!this.truth || this.truth.version === 0)) return false;
    this.truth = truth ? completed(truth, this.truth?.lastSeen ?? null) : vanished(this.truth);
    this.views = [];
    return true;
  }

  /** Activity moves without a new version: whoever is told next is told the newest. */
  private catchUp(known: Truth, truth: Truth): false {
    if (truth.version === known.version && (truth.lastActive ?? 0) > (known.lastActive ?? 0)) {
      this.truth = truth;
      this.views = [];
    }
    return false;
  }

  /** What Postgres knows: of the times, only what the engine has not told. */
  remember(user: User, lastSeen: number | null | undefined, lastActive: number | null | undefined): void {
    // Read again with every question: a view is made anew, and all watchers' equal views given up, only for news.
    if (this.person !== user && !(this.person && isSame(this.person, user))) {
      this.person = user;
      this.views = [];
    }
    this.deleted = false;
    if (!this.unknown || lastSeen === undefined) return;
    this.truth = completed(this.truth ?? offline(this.userId, null, lastActive ?? null), lastSeen);
    this.views = [];
  }

  /** The user was deleted: everybody sees what they see of somebody hidden. */
  bury(): void {
    this.deleted = true;
    this.views = [];
  }

  /** Gone or invisible, which is the same to whoever asks. */
  get away(): boolean {
    return this.truth === null || this.truth.status === 'OFFLINE';
  }

  /** Whether the last seen of Postgres is still needed. */
  private get unknown(): boolean {
    return this.truth === null || lacksLastSeen(this.truth);
  }

  /** The same object for everybody whose verdict lets the same through. Null until the user is known. */
  show(verdict: Verdict, now: number): Shown | null {
    if (!this.person) return null;
    const allowed = this.deleted ? HIDDEN : verdict;
    const lens = lensOf(allowed);
    const kept = this.views[lens];
    if (kept && (allowed.bucket !== 'TRUE' || now - kept.madeAt < BUCKET_KEPT_MS)) return kept;
    const view = redact(this.truth ?? offline(this.userId, null, null), this.person, allowed, now);
    const face = faceOf(view);
    const shown = { view, face, outline: outlineOf(view, face), madeAt: now };
    this.views[lens] = shown;
    return shown;
  }
}

function isSame(a: User, b: User): boolean {
  return a.username === b.username && a.displayName === b.displayName && a.avatarUrl === b.avatarUrl;
}

/** The engine forgets who is offline and stored; who vanishes while shown was last seen when last active. */
function vanished(last: Truth | null): Truth | null {
  if (!last) return null;
  const lastSeen = last.status === 'OFFLINE' ? last.lastSeen : latest(last.lastSeen, last.lastActive);
  return offline(last.userId, lastSeen, last.lastActive);
}

function latest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
