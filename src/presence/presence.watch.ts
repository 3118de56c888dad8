import { Stream } from '../kernel/stream.js';
import type { Shown } from './presence.portrait.js';
import type { Circle, Subject } from './presence.subject.js';
import type { MovingTarget, PresenceView } from './presence.types.js';

/** One live stream of one viewer. */
export class Watch extends Stream<PresenceView> {
  /** A list, as there may be millions of them in all: who looks for one looks through it, which is seldom. */
  watchers: readonly Watcher[] = [];
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
}

/** Of the first view: `told` sends it, `known` takes it as known without sending. */
export type First = 'told' | 'known';

/**
 * One subject in one watch; as a pair of the two, what privacy is asked about. Judged while it is in a circle, in doubt
 * while it is not; with neither it watches no more.
 */
export class Watcher {
  circle: Circle | null = null;

  constructor(
    readonly watch: Watch,
    readonly subject: Subject,
    public doubt: Doubt | null,
    /** In the circle, or among those in doubt. */
    public place: number,
  ) {}

  get subjectId(): string {
    return this.subject.userId;
  }

  get viewerId(): string {
    return this.watch.viewerId;
  }

  get gone(): boolean {
    return this.circle === null && this.doubt === null;
  }

  /** What the viewer was told last, or would know without being told. */
  get shown(): Shown | null {
    return (this.circle ?? this.doubt)?.shown ?? null;
  }
}

/** Of a watcher that is told nothing until it is judged. */
export interface Doubt {
  /** Being asked about for the first time; else there was a verdict, which may be void. */
  opening: boolean;
  /** Null: the first view is no longer to come. */
  readonly first: First | null;
  shown: Shown | null;
  /** Counts what made a verdict void, so that an answer to an older question is not believed. */
  count: number;
}

/** Of nearly all watches. */
const NOWHERE: ReadonlySet<string> = new Set();
const SETTLED = Promise.resolve();

const subjectOf = (view: PresenceView) => view.userId;
