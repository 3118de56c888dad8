import { Stream } from '../kernel/stream.js';
import type { Shown } from './presence.portrait.js';
import type { Subject } from './presence.subject.js';
import type { MovingTarget, PresenceView } from './presence.types.js';

/** One live stream of one viewer. */
export class Watch extends Stream<PresenceView> {
  /** Whose changes it is told, or is in doubt about. A list, as there may be millions of them in all. */
  subjects: readonly Subject[] = [];
  /** Those of whom it is not told yet. */
  openings: readonly Opening[] = [];
  /** Whose membership decides whom the target means. */
  conversations: ReadonlySet<string>;
  /** The last look at whom the target means; the next one waits for it, and serves all changes until it begins. */
  settling = SETTLED;
  unsettled = false;

  constructor(
    readonly viewerId: string,
    /** Null: users who were named. */
    readonly target: MovingTarget | null,
    /** Users watched by the socket, all its watches together. */
    readonly budget: { users: number },
    onClose: () => void,
  ) {
    super({ keyOf: subjectOf, onClose });
    this.conversations = target && 'conversationId' in target ? new Set([target.conversationId]) : NOWHERE;
  }

  /** Also those of whom it is not told yet. */
  all(): readonly Subject[] {
    return this.openings.length > 0
      ? this.subjects.concat(...this.openings.map((opening) => opening.staying()))
      : this.subjects;
  }
}

/** Of the first view: `told` sends it, `known` takes it as known without sending. */
export type First = 'told' | 'known';

/** Subjects that one watch begins to watch together. Nothing is told of them before all are judged. */
export class Opening {
  /** The number of the last doubt about the viewer, see Jury. */
  doubtedAt = 0;
  /** Over: all are judged, or the watch has ended. */
  closed = false;
  private left: Set<Subject> | null = null;

  constructor(
    readonly watch: Watch,
    readonly subjects: readonly Subject[],
    readonly first: First,
  ) {}

  /** Watched no more, before it was judged. */
  leave(subject: Subject): void {
    this.left ??= new Set();
    this.left.add(subject);
  }

  hasLeft(subject: Subject): boolean {
    return this.left?.has(subject) === true;
  }

  has(subject: Subject): boolean {
    return this.subjects.includes(subject) && !this.hasLeft(subject);
  }

  /** The watch waits for it no more. */
  end(): void {
    const { watch } = this;
    this.closed = true;
    watch.openings = watch.openings.filter((opening) => opening !== this);
  }

  /** From now on the watch is told of them, or is in doubt. */
  close(): void {
    const { watch } = this;
    this.end();
    watch.subjects = watch.subjects.length > 0 ? watch.subjects.concat(this.staying()) : this.staying();
  }

  staying(): readonly Subject[] {
    const { left } = this;
    return left ? this.subjects.filter((subject) => !left.has(subject)) : this.subjects;
  }
}

/** A watch that is told nothing of a subject until it is judged anew. */
export class Doubt {
  /** Counts what made a verdict void, so that an answer to an older question is not believed. */
  count = 0;

  constructor(
    readonly subject: Subject,
    readonly watch: Watch,
    /** Null: the first view is no longer to come. */
    readonly first: First | null,
    /** What the viewer was told last, or would know without being told. */
    public shown: Shown | null,
  ) {}

  /** Judged, or watched no more. */
  get over(): boolean {
    return this.subject.doubtOf(this.watch) !== this;
  }
}

/** Of nearly all watches. */
const NOWHERE: ReadonlySet<string> = new Set();
const SETTLED = Promise.resolve();

const subjectOf = (view: PresenceView) => view.userId;
