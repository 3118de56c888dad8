import type { Truth } from '../../src/engine/engine.js';
import type { World } from '../contract/world.js';

export interface Event {
  readonly userId: string;
  readonly truth: Truth | null;
}

/**
 * What is wrong with what one listener was told, or null: each event is newer than the one before, differs from it in
 * something that can be seen, and no last seen goes back.
 */
export function wrongIn(events: World['truths']): string | null {
  const last = new Map<string, Truth>();
  const lastSeen = new Map<string, number>();
  for (const { userId, truth } of events) {
    if (truth === null) continue;
    const before = last.get(userId);
    last.set(userId, truth);
    if (before && truth.version <= before.version) return `S3: ${userId} has version ${truth.version} twice or late`;
    if (before && faceOf(before) === faceOf(truth)) return `S4: ${userId} is told again as ${faceOf(truth)}`;
    if (truth.lastSeen === null || truth.status !== 'OFFLINE') continue;
    if (truth.lastSeen < (lastSeen.get(userId) ?? 0)) return `S10: the last seen of ${userId} goes back`;
    lastSeen.set(userId, truth.lastSeen);
  }
  return null;
}

const faceOf = ({ status, platforms, message }: Truth) => `${status} ${platforms.join(' ')} ${message?.text ?? ''}`;
