import { describe, expect, it } from 'vitest';

import type { Account, HolderAccount, Truth } from '../engine/engine.js';
import { deadlinesOf, ruleOf } from './explain.rules.js';

const IDLE_AFTER_MS = 1000;
const NOW = 50_000;

const holder = (more: Partial<HolderAccount> = {}): HolderAccount => ({
  kind: 'socket',
  id: 's1',
  deviceId: null,
  platform: 'WEB',
  active: true,
  idle: false,
  counts: true,
  connectedAt: NOW - 500,
  activeAt: NOW - 500,
  renewedAt: NOW - 500,
  endsAt: null,
  ...more,
});

const truth = (status: Truth['status']): Truth => ({
  userId: 'ann',
  version: 1,
  status,
  since: NOW,
  lastSeen: null,
  lastActive: NOW,
  platforms: [],
  message: null,
});

const account = (status: Truth['status'], more: Partial<Account> = {}): Account => ({
  now: NOW,
  truth: truth(status),
  custom: { version: 0, whileActive: 'ONLINE', whileInactive: 'IDLE', message: null },
  holders: [holder()],
  graceEndsAt: null,
  leftAt: null,
  lookAt: null,
  unstored: null,
  transitions: [],
  ...more,
});

const chosen = (whileActive: Truth['status'], whileInactive = whileActive) => ({
  custom: { version: 3, whileActive, whileInactive, message: null },
});

describe('why somebody is shown as they are', () => {
  it.each([
    [
      'has never come',
      account('OFFLINE', { truth: null, custom: null, holders: [] }),
      /^Offline: nothing holds presence, and/,
    ],
    ['is there', account('ONLINE'), 'Online: 1 of 1 hold active'],
    [
      'is there twice',
      account('ONLINE', { holders: [holder(), holder({ active: false })] }),
      'Online: 1 of 2 holds active',
    ],
    [
      'has gone for a coffee',
      account('IDLE', { holders: [holder({ active: false, idle: true }), holder({ active: false })] }),
      'Idle: of 2 holds 1 said so, the others saw no activity for 1000 ms',
    ],
    ['wants no disturbance', account('DO_NOT_DISTURB', chosen('DO_NOT_DISTURB')), /^Do Not Disturb by choice/],
    ['chose to be idle', account('IDLE', chosen('IDLE')), /^Idle by choice/],
    ['hides', account('OFFLINE', chosen('OFFLINE')), 'Invisible by choice, with 1 live hold'],
    [
      'hides and is not there',
      account('OFFLINE', { ...chosen('OFFLINE'), holders: [] }),
      'Invisible by choice, with 0 live holds',
    ],
    ['has just lost the connection', account('ONLINE', { holders: [], graceEndsAt: NOW + 1 }), /^ONLINE in grace/],
    ['waits for a sweep', account('ONLINE', { holders: [] }), /^ONLINE until the next sweep/],
    ['has gone', account('OFFLINE', { holders: [] }), 'Offline: nothing holds presence'],
    [
      'has left with a page open',
      account('OFFLINE', { holders: [holder({ counts: false })] }),
      'Offline by leaving, until a heartbeat over 1 open connection',
    ],
  ])('who %s', (_who, given, rule) => {
    expect(ruleOf(given, IDLE_AFTER_MS)).toMatch(rule);
  });

  it('comes with what time alone will change, soonest first', () => {
    const lease = holder({ kind: 'lease', id: '', endsAt: NOW + 300, active: false, activeAt: null });
    const given = account('ONLINE', { holders: [holder(), lease], lookAt: NOW + 300, graceEndsAt: NOW - 1 });
    expect(deadlinesOf(given, IDLE_AFTER_MS).map(({ at, what }) => [at.getTime() - NOW, what])).toEqual([
      [300, 'lease without a name ends without another heartbeat'],
      [300, 'the engine looks again at the latest'],
      [500, 'socket s1 turns inactive'],
    ]);
  });
});
