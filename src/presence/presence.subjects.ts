import type { PresenceStore, Truth } from '../engine/engine.js';
import { Subject } from './presence.subject.js';

/** Who is watched on this instance: one interest each, however many watch. */
export class Subjects {
  private readonly byId = new Map<string, Subject>();

  constructor(
    private readonly engine: Pick<PresenceStore, 'watch' | 'unwatch'>,
    private readonly onTruth: (userId: string, truth: Truth) => void,
  ) {}

  get size(): number {
    return this.byId.size;
  }

  has(userId: string): boolean {
    return this.byId.has(userId);
  }

  get(userId: string): Subject | undefined {
    return this.byId.get(userId);
  }

  all(): Iterable<Subject> {
    return this.byId.values();
  }

  /** Those that one watch more begins to watch, in the order of the ids. */
  enter(userIds: readonly string[]): readonly Subject[] {
    const fresh: Subject[] = [];
    const subjects = userIds.map((userId) => {
      let subject = this.byId.get(userId);
      if (!subject) {
        subject = new Subject(userId);
        this.byId.set(userId, subject);
        fresh.push(subject);
      }
      subject.openings += 1;
      return subject;
    });
    if (fresh.length > 0) this.bring(fresh);
    return subjects;
  }

  /** Resolves when no event about any of them can be missed any more; refuses as the engine does. */
  async arrival(subjects: readonly Subject[]): Promise<void> {
    const coming = new Set<Promise<void>>();
    for (const subject of subjects) if (subject.coming) coming.add(subject.coming);
    if (coming.size > 0) await Promise.all(coming);
  }

  /** Somebody watches it no more, and may have been the last one. */
  release(subject: Subject): void {
    if (subject.count > 0) return;
    this.byId.delete(subject.userId);
    // One that is still coming: whoever brings it will find that nobody wants it. One that did not come is not watched.
    if (!subject.coming) this.engine.unwatch([subject.userId]);
  }

  private bring(subjects: readonly Subject[]): void {
    const userIds = subjects.map(({ userId }) => userId);
    const coming = this.engine.watch(userIds).then((truths) => {
      for (const [i, subject] of subjects.entries()) {
        subject.coming = null;
        const truth = truths[i];
        if (subject.count === 0) this.engine.unwatch([subject.userId]);
        else if (truth) this.onTruth(subject.userId, truth);
      }
    });
    for (const subject of subjects) subject.coming = coming;
  }
}
