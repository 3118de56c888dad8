import { Recent } from '../../kernel/recent.js';
import type { Truth } from '../engine.js';
import { truthOfPacked } from './truth.codec.js';

/** About a kilobyte each. */
const TRUTHS_KEPT = 10_000;

interface Kept {
  readonly packed: string;
  readonly truth: Truth;
}

/**
 * What the records of those who are read say. Who is in somebody's list is read again and again, and most of them are as
 * they were: the same record says the same, and is not taken apart once more.
 */
export class KeptTruths {
  private readonly recent = new Recent<Kept>(TRUTHS_KEPT);

  /** `packed`: the record, as `truthOfPacked` takes it. */
  of(userId: string, packed: string): Truth | null {
    const kept = this.recent.get(userId);
    if (kept?.packed === packed) return kept.truth;
    const truth = truthOfPacked(userId, packed);
    // Nothing is cheaper than to read no record: those who have none take nobody's place.
    if (truth) this.recent.set(userId, { packed, truth });
    return truth;
  }
}
