import { measure } from '../../kernel/metrics/measure.js';
import type { Transition } from '../engine.js';

/** Users whose transitions are kept; the ones that changed longest ago go first. */
const USERS_MAX = 5000;
const EACH_MAX = 20;

/** What others were shown of whom, and why it changed: for operators, who ask about the last hours at most. */
export class Journal {
  private readonly byUser = new Map<string, Transition[]>();

  add(userId: string, transition: Transition): void {
    measure.transition(transition.cause, transition.to);
    const kept = this.byUser.get(userId) ?? [];
    // Deleted first, so that who changed longest ago stays in front.
    this.byUser.delete(userId);
    this.byUser.set(userId, kept);
    kept.push(transition);
    if (kept.length > EACH_MAX) kept.shift();
    const [oldest] = this.byUser.keys();
    if (this.byUser.size > USERS_MAX && oldest !== undefined) this.byUser.delete(oldest);
  }

  /** Newest first. */
  of(userId: string, limit: number): Transition[] {
    return [...(this.byUser.get(userId) ?? [])].reverse().slice(0, limit);
  }

  forget(userId: string): void {
    this.byUser.delete(userId);
  }
}
