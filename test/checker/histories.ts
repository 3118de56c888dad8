import type { Allowed, Facts, Published, Read, Recorded, Rule, Shown, Stay, Told, Twin } from './record.js';
import { BOUNDS } from './record.js';

/* Builders of small histories. Unless said otherwise bob looks at ann, who shows everything. */

export function history(facts: Partial<Facts>, more: Partial<Recorded> = {}): Recorded {
  return { seed: 7, faults: [], bounds: BOUNDS, facts, ...more };
}

export function stay(from: number, to: number, more: Partial<Stay> = {}): Stay {
  return { user: 'ann', maybe: { from, to }, sure: { from, to }, active: true, instance: 'a', ...more };
}

const view = (at: number, status: string, lastSeen: number | null): Shown => ({
  at,
  viewer: 'bob',
  subject: 'ann',
  status,
  face: status,
  lastSeen,
});

export function told(at: number, status: string, lastSeen: number | null = null, more: Partial<Told> = {}): Told {
  return { ...view(at, status, lastSeen), stream: 1, ...more };
}

export function read(at: number, status: string, lastSeen: number | null = null, more: Partial<Read> = {}): Read {
  return { ...view(at, status, lastSeen), asked: at, ...more };
}

export function published(version: number, status: string, more: Partial<Published> = {}): Published {
  const { at = version } = more;
  return {
    at,
    user: 'ann',
    version,
    status,
    face: status,
    lastSeen: status === 'OFFLINE' ? at : null,
    by: null,
    ...more,
  };
}

export const HIDES: Allowed = { online: false, lastSeen: false, typing: false };
export const SHOWS: Allowed = { online: true, lastSeen: true, typing: true };

export function rule(asked: number, acked: number, allows: Allowed, more: Partial<Rule> = {}): Rule {
  return { subject: 'ann', viewer: null, asked, acked, allows, ...more };
}

export function twin(kind: Twin['kind'], one: readonly string[], other: readonly string[], gaps = {}): Twin {
  return { kind, name: 'ann', one, other, gapsOfOne: [], gapsOfOther: [], ...gaps };
}
