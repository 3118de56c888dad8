import { describe, expect, it } from 'vitest';

import type { Truth } from '../engine/engine.js';
import { HIDDEN } from '../privacy/privacy.rules.js';
import type { Verdict } from '../privacy/privacy.types.js';
import { Subject } from './presence.subject.js';
import { Watch } from './presence.watch.js';

const OPEN: Verdict = { online: true, lastSeen: true, bucket: 'NONE', typing: true };
const NOW = 1_000_000;

function truth(version: number, text: string, expiresAt: number | null = null): Truth {
  const message = { text, emoji: null, expiresAt };
  const times = { since: 1, lastSeen: null, lastActive: version };
  return { userId: 'ann', version, status: 'ONLINE', ...times, platforms: ['WEB'], message };
}

describe('whoever watches somebody', () => {
  const told: string[] = [];
  let subject: Subject;

  function begin(): void {
    told.length = 0;
    subject = new Subject('ann');
    subject.remember({ id: 'ann', username: 'ann', displayName: 'Ann', avatarUrl: null }, null, null);
    subject.learn(truth(1, 'first', NOW + 5));
  }

  function look(name: string, verdict: Verdict, now = NOW, on: (text: string) => void = () => {}): Watch {
    const watch: Watch = new Watch(name, null, { users: 0 }, () => subject.leave(watch));
    const next = (view: { readonly message: { readonly text: string } | null }) => {
      told.push(`${name}: ${view.message?.text ?? '-'}`);
      on(name);
    };
    watch.drainTo({ next, end: () => {} });
    subject.admit(watch, verdict, subject.show(verdict, now));
    return watch;
  }

  function happens(version: number, text: string, now = NOW): string[] {
    told.length = 0;
    expect(subject.learn(truth(version, text))).toBe(true);
    subject.tell('face', now);
    return [...told].sort();
  }

  it('is told what the verdict allows, and nothing while that is in doubt', () => {
    begin();
    const [bob] = [look('bob', OPEN), look('cy', OPEN), look('eve', HIDDEN)];
    expect(happens(2, 'second')).toEqual(['bob: second', 'cy: second']);
    subject.suspect(bob);
    expect(subject.shownTo(bob)?.view.message?.text).toBe('second');
    expect(happens(3, 'third')).toEqual(['cy: third']);
    subject.admit(bob, OPEN, subject.show(OPEN, NOW));
    expect(happens(4, 'fourth')).toEqual(['bob: fourth', 'cy: fourth']);
    expect(subject.count).toBe(3);
  });

  it('is compared with what was known before, which may be another thing for who came later', () => {
    begin();
    look('bob', OPEN, NOW);
    // The message has expired by then, without an event: it is news to one that it is gone.
    subject.learn({ ...truth(1, 'first', NOW + 5), lastActive: 2 });
    look('cy', OPEN, NOW + 10);
    subject.learn({ ...truth(2, ''), message: null });
    subject.tell('face', NOW + 20);
    expect(told).toEqual(['bob: -']);
    expect(happens(3, 'third', NOW + 30)).toEqual(['bob: third', 'cy: third']);
    expect(subject.circles.map(({ watches }) => watches.length)).toEqual([2]);
  });

  it('is told once and for all, whoever leaves meanwhile', () => {
    begin();
    const names = ['bob', 'cy', 'dan', 'eli', 'fay'];
    const watches = new Map<string, Watch>();
    const leave = (name: string) => {
      for (const other of [name, 'cy']) watches.get(other)?.end();
    };
    for (const name of names) watches.set(name, look(name, OPEN, NOW, name === 'dan' ? leave : undefined));
    expect(happens(2, 'second')).toEqual(['bob: second', 'cy: second', 'dan: second', 'eli: second', 'fay: second']);
    expect(happens(3, 'third')).toEqual(['bob: third', 'eli: third', 'fay: third']);
    expect(subject.count).toBe(3);
    for (const name of ['eli', 'bob', 'fay']) watches.get(name)?.end();
    expect([subject.count, subject.circles]).toEqual([0, []]);
  });

  it('sees somebody hidden when there is nobody any more, in doubt or not', () => {
    begin();
    const [bob] = [look('bob', OPEN), look('cy', OPEN), look('eve', HIDDEN)];
    subject.suspect(bob);
    subject.tellBurial(NOW);
    expect(told.sort()).toEqual(['bob: -', 'cy: -']);
    expect(subject.shownTo(bob)?.view.status).toBe('OFFLINE');
  });
});
