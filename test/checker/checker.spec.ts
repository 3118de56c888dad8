import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { check, INVARIANTS, tell } from './checker.js';
import { HIDES, history, published, read, rule, SHOWS, stay, told, twin } from './histories.js';
import { RUNS } from './runs.js';
import type { Choice, Durable, Quiet, Recorded, Typing } from './record.js';

const MINUTE = 60_000;
const LATER = 10 * MINUTE;

const choice = (asked: number, answered: number | null, status: Choice['status']): Choice => ({
  user: 'ann',
  what: 'choose',
  asked,
  answered,
  status,
});
const typing = (at: number, isTyping: boolean, more: Partial<Typing> = {}): Typing => ({
  at,
  viewer: 'bob',
  stream: 1,
  conversation: 'room',
  user: 'ann',
  isTyping,
  ...more,
});
const members = ['ann', 'bob'].map((user) => ({ conversation: 'room', user, from: 0, to: Infinity }));
const durable = (asked: number, answered: number | null, value: string, refused = false): Durable => ({
  user: 'ann',
  what: value,
  kind: 'status',
  asked,
  answered,
  value,
  refused,
});
const quiet = (more: Partial<Quiet>): Quiet => ({
  at: LATER,
  register: new Map([['ann', 'ONLINE']]),
  truth: new Map([['ann', 'ONLINE']]),
  shown: new Map([['1 ann', 'ONLINE']]),
  due: new Map([['1 ann', 'ONLINE']]),
  garbage: new Map([['dead incarnations', 0]]),
  ...more,
});
/** Of the instance that people are on, unless named. */
const fault = (what: 'instance' | 'pauses' | 'loses', from: number, to: number, whose = 'a') => ({
  what,
  from,
  to,
  whose,
});
const beside = { user: 'cat', from: 40_000, to: 60_000 };
const even = Array.from({ length: 40 }, (_, at) => 100 + (at % 7));
const slower = even.map((ms) => ms + 10);

type Case = readonly [what: string, recorded: Recorded];

/** By invariant: histories that are as they should be, and histories that are not. */
const CASES: Readonly<Record<string, { readonly good: readonly Case[]; readonly bad: readonly Case[] }>> = {
  S1: {
    good: [
      ['OFFLINE after leaving', history({ stays: [stay(0, 5000)], told: [told(7000, 'OFFLINE', 5000)] })],
      ['OFFLINE just after coming', history({ stays: [stay(6500, 20_000)], told: [told(7000, 'OFFLINE')] })],
      [
        'OFFLINE while the instance was dead',
        history(
          { stays: [stay(0, 20_000)], told: [told(9000, 'OFFLINE')] },
          { faults: [fault('instance', 5000, 8000)] },
        ),
      ],
      [
        'OFFLINE by own choice',
        history({
          stays: [stay(0, 20_000)],
          choices: [choice(5000, 5100, 'INVISIBLE')],
          told: [told(5200, 'OFFLINE', 5100)],
        }),
      ],
      [
        'OFFLINE to one from whom they hide',
        history({ stays: [stay(0, 20_000)], rules: [rule(1000, 1100, HIDES)], told: [told(9000, 'OFFLINE')] }),
      ],
    ],
    bad: [
      ['OFFLINE while connected', history({ stays: [stay(0, 20_000)], told: [told(9000, 'OFFLINE')] })],
      [
        'read as OFFLINE while connected',
        history({ stays: [stay(0, 20_000)], told: [], reads: [read(9000, 'OFFLINE')] }),
      ],
      [
        'OFFLINE while another instance was dead',
        history(
          { stays: [stay(0, 20_000)], told: [told(9000, 'OFFLINE')] },
          { faults: [fault('instance', 5000, 8000, 'b')] },
        ),
      ],
      [
        'OFFLINE while Redis only stood still',
        history({ stays: [stay(0, 20_000)], told: [told(9000, 'OFFLINE')] }, { faults: [fault('pauses', 5000, 8000)] }),
      ],
    ],
  },
  S2: {
    good: [
      ['shown within the grace', history({ stays: [stay(0, 5000)], told: [told(30_000, 'ONLINE')] })],
      [
        'shown a little longer in a fault',
        history(
          { stays: [stay(0, 5000)], told: [told(38_000, 'ONLINE')] },
          { faults: [fault('instance', 4000, 30_000)] },
        ),
      ],
    ],
    bad: [
      ['shown long after', history({ stays: [stay(0, 5000)], told: [told(36_000, 'ONLINE')] })],
      ['read long after', history({ stays: [stay(0, 5000)], told: [], reads: [read(36_000, 'IDLE')] })],
      [
        'shown for ever after a fault',
        history(
          { stays: [stay(0, 5000)], told: [told(41_000, 'ONLINE')] },
          { faults: [fault('instance', 4000, 30_000)] },
        ),
      ],
      ['shown and never was here', history({ stays: [], told: [told(1000, 'ONLINE')] })],
    ],
  },
  S3: {
    good: [
      [
        'growing',
        history({
          published: [],
          told: [
            told(1, 'ONLINE', null, { version: 1, sequence: 1 }),
            told(2, 'OFFLINE', 2, { version: 5, sequence: 2 }),
          ],
        }),
      ],
      [
        'one version for two people',
        history({
          published: [],
          told: [told(1, 'ONLINE', null, { version: 3 }), told(2, 'ONLINE', null, { version: 3, subject: 'cat' })],
        }),
      ],
    ],
    bad: [
      [
        'the same version twice',
        history({
          published: [],
          told: [told(1, 'ONLINE', null, { version: 3 }), told(2, 'OFFLINE', 2, { version: 3 })],
        }),
      ],
      [
        'an older one late',
        history({
          published: [],
          told: [told(1, 'ONLINE', null, { version: 3 }), told(2, 'OFFLINE', 2, { version: 2 })],
        }),
      ],
      [
        'a gap',
        history({
          published: [],
          told: [told(1, 'ONLINE', null, { sequence: 1 }), told(2, 'OFFLINE', 2, { sequence: 3 })],
        }),
      ],
      [
        'two states with one version',
        history({ told: [], published: [published(3, 'ONLINE'), published(3, 'IDLE', { at: 4 })] }),
      ],
    ],
  },
  S4: {
    good: [
      ['a change', history({ told: [told(1, 'ONLINE'), told(2, 'OFFLINE', 2)] })],
      ['times that become visible', history({ told: [told(1, 'OFFLINE'), told(2, 'OFFLINE', 1)] })],
      ['the same in another stream', history({ told: [told(1, 'ONLINE'), told(2, 'ONLINE', null, { stream: 2 })] })],
    ],
    bad: [
      ['the same again', history({ told: [told(1, 'ONLINE'), told(2, 'ONLINE')] })],
      ['only a time has moved', history({ told: [told(1, 'OFFLINE', 1), told(2, 'OFFLINE', 2)] })],
    ],
  },
  S5: {
    good: [
      [
        'once between',
        history({ published: [published(1, 'ONLINE'), published(2, 'OFFLINE'), published(3, 'ONLINE')] }),
      ],
      [
        'heard by two',
        history({ published: [published(1, 'ONLINE'), published(2, 'OFFLINE'), published(2, 'OFFLINE', { at: 5 })] }),
      ],
      [
        'a message while away',
        history({
          published: [published(2, 'OFFLINE'), published(3, 'OFFLINE', { face: 'OFFLINE gone', lastSeen: 2 })],
        }),
      ],
      [
        'the store was lost between',
        history({ published: [published(2, 'OFFLINE'), published(9, 'OFFLINE')] }, { faults: [fault('loses', 4, 5)] }),
      ],
    ],
    bad: [
      [
        'by two sweepers',
        history({ published: [published(1, 'ONLINE'), published(2, 'OFFLINE'), published(3, 'OFFLINE')] }),
      ],
    ],
  },
  S6: {
    good: [
      [
        'the newest',
        history({
          published: [published(1, 'ONLINE'), published(5, 'OFFLINE')],
          reads: [read(9, 'OFFLINE', 5, { version: 5 })],
        }),
      ],
      [
        'while a newer one came',
        history({
          published: [published(1, 'ONLINE'), published(8, 'OFFLINE')],
          reads: [read(9, 'ONLINE', null, { version: 1, asked: 7 })],
        }),
      ],
    ],
    bad: [
      [
        'never published',
        history({ published: [published(1, 'ONLINE')], reads: [read(9, 'IDLE', null, { version: 2 })] }),
      ],
      [
        'another state than was published',
        history({ published: [published(1, 'ONLINE')], reads: [read(9, 'IDLE', null, { version: 1 })] }),
      ],
      [
        'older than told',
        history({
          published: [published(1, 'ONLINE'), published(5, 'OFFLINE')],
          reads: [read(9, 'ONLINE', null, { version: 1 })],
        }),
      ],
    ],
  },
  S7: {
    good: [
      [
        'nothing after',
        history({
          fenced: [{ at: 5, incarnation: 'a.1' }],
          published: [published(4, 'ONLINE', { by: 'a.1' })],
          owners: [{ at: 9, incarnations: ['a.2'] }],
        }),
      ],
    ],
    bad: [
      [
        'it owns a connection',
        history({ fenced: [{ at: 5, incarnation: 'a.1' }], owners: [{ at: 9, incarnations: ['a.1'] }] }),
      ],
      [
        'it tells of somebody',
        history({ fenced: [{ at: 5, incarnation: 'a.1' }], published: [published(6, 'ONLINE', { by: 'a.1' })] }),
      ],
    ],
  },
  S8: {
    good: [
      [
        'no difference',
        history({ repeats: [{ at: 1, user: 'ann', what: 'connect', before: 'ONLINE', after: 'ONLINE', events: 0 }] }),
      ],
    ],
    bad: [
      [
        'another state',
        history({
          repeats: [{ at: 1, user: 'ann', what: 'disconnect', before: 'ONLINE', after: 'OFFLINE', events: 0 }],
        }),
      ],
      [
        'an event',
        history({ repeats: [{ at: 1, user: 'ann', what: 'connect', before: 'ONLINE', after: 'ONLINE', events: 1 }] }),
      ],
    ],
  },
  S9: {
    good: [
      [
        'one of two is active',
        history({
          choices: [],
          stays: [stay(0, LATER), stay(0, LATER, { active: false })],
          reads: [read(MINUTE, 'ONLINE')],
        }),
      ],
      ['none is', history({ choices: [], stays: [stay(0, LATER, { active: false })], reads: [read(MINUTE, 'IDLE')] })],
      [
        'do not disturb',
        history({
          choices: [choice(1, 2, 'DO_NOT_DISTURB')],
          stays: [stay(0, LATER, { active: false })],
          reads: [read(MINUTE, 'DO_NOT_DISTURB')],
        }),
      ],
      [
        'a choice under way',
        history({
          choices: [choice(MINUTE - 10, MINUTE + 10, 'IDLE')],
          stays: [stay(0, LATER)],
          reads: [read(MINUTE, 'ONLINE')],
        }),
      ],
    ],
    bad: [
      [
        'IDLE with an active one',
        history({
          choices: [],
          stays: [stay(0, LATER), stay(0, LATER, { active: false })],
          reads: [read(MINUTE, 'IDLE')],
        }),
      ],
      [
        'a choice has no effect',
        history({
          choices: [choice(1, 2, 'DO_NOT_DISTURB')],
          stays: [stay(0, LATER)],
          reads: [read(MINUTE, 'ONLINE')],
        }),
      ],
      ['OFFLINE with a live one', history({ choices: [], stays: [stay(0, LATER)], reads: [read(MINUTE, 'OFFLINE')] })],
    ],
  },
  S10: {
    good: [
      ['forward', history({ told: [told(9000, 'OFFLINE', 8000), told(19_000, 'OFFLINE', 18_000)] })],
      [
        'of the last moment',
        history({ exact: new Set(['ann']), stays: [stay(0, 8000)], told: [told(11_000, 'OFFLINE', 8400)] }),
      ],
    ],
    bad: [
      ['back', history({ told: [told(9000, 'OFFLINE', 8000), told(19_000, 'OFFLINE', 7000)] })],
      [
        'back, in what is published',
        history({ told: [], published: [published(5, 'OFFLINE'), published(6, 'OFFLINE', { lastSeen: 4 })] }),
      ],
      ['in the future', history({ told: [told(9000, 'OFFLINE', 9400)] })],
      [
        'when it was noticed',
        history({ exact: new Set(['ann']), stays: [stay(0, 8000)], told: [told(11_000, 'OFFLINE', 11_000)] }),
      ],
    ],
  },
  S11: {
    good: [
      [
        'with an end',
        history({
          members,
          typings: [typing(1, true), typing(6000, false), typing(9000, true, { user: 'bob', viewer: 'ann' })],
        }),
      ],
      ['refreshed', history({ members, typings: [typing(1, true), typing(6000, true), typing(12_000, false)] })],
      [
        'stopped',
        history({
          members,
          typings: [typing(1, true), typing(600, false), typing(9000, false)],
          stops: [{ user: 'ann', what: 'room', asked: 500, answered: 510 }],
        }),
      ],
    ],
    bad: [
      [
        'without an end',
        history({ members, typings: [typing(1, true), typing(9000, true, { user: 'bob', viewer: 'ann' })] }),
      ],
      ['to nobody of the room', history({ members, typings: [typing(1, true, { viewer: 'cat' })] })],
      [
        'of somebody who has left',
        history({
          members: [{ conversation: 'room', user: 'ann', from: 0, to: 100 }, ...members.slice(1)],
          typings: [typing(1500, true)],
        }),
      ],
      [
        'to one who is blocked',
        history({ members, rules: [rule(100, 110, HIDES, { viewer: 'bob' })], typings: [typing(1500, true)] }),
      ],
      [
        'after it was stopped',
        history({
          members,
          typings: [typing(1, true), typing(3000, false)],
          stops: [{ user: 'ann', what: 'room', asked: 500, answered: 510 }],
        }),
      ],
    ],
  },
  S12: {
    good: [
      [
        'somebody who left is told',
        history({
          broken: [beside],
          stays: [stay(0, 50_000)],
          told: [told(1, 'ONLINE'), told(52_000, 'OFFLINE', 50_000)],
        }),
      ],
      [
        'the same beside a fault',
        history({ broken: [], stays: [], told: [], twins: [twin('bystander', ['a'], ['a'])] }),
      ],
    ],
    bad: [
      [
        'somebody who did nothing is told',
        history({ broken: [beside], stays: [stay(0, LATER)], told: [told(1, 'ONLINE'), told(52_000, 'IDLE')] }),
      ],
      [
        'another story beside a fault',
        history({ broken: [], stays: [], told: [], twins: [twin('bystander', ['a'], ['a', 'b'])] }),
      ],
    ],
  },
  V1: {
    good: [
      ['while shown', history({ rules: [rule(5000, 5100, HIDES)], told: [told(4000, 'ONLINE')] })],
      ['a moment after hiding', history({ rules: [rule(5000, 5100, HIDES)], told: [told(6000, 'ONLINE')] })],
      ['shown again', history({ rules: [rule(1, 2, HIDES), rule(5000, 5100, SHOWS)], told: [told(5050, 'ONLINE')] })],
      ['OFFLINE without times', history({ rules: [rule(1, 2, HIDES)], told: [told(9000, 'OFFLINE')] })],
      [
        'late in a fault',
        history(
          { rules: [rule(5000, 5100, HIDES)], told: [told(14_000, 'ONLINE')] },
          { faults: [fault('instance', 5000, 9000)] },
        ),
      ],
    ],
    bad: [
      ['long after hiding', history({ rules: [rule(5000, 5100, HIDES)], told: [told(6200, 'ONLINE')] })],
      [
        'a time long after hiding it',
        history({ rules: [rule(5000, 5100, { ...SHOWS, lastSeen: false })], told: [told(6200, 'OFFLINE', 6000)] }),
      ],
      [
        'very late in a fault',
        history(
          { rules: [rule(5000, 5100, HIDES)], told: [told(15_200, 'ONLINE')] },
          { faults: [fault('instance', 5000, 9000)] },
        ),
      ],
    ],
  },
  V2: {
    good: [
      ['allowed', history({ rules: [rule(1, 2, SHOWS)], reads: [read(9000, 'OFFLINE', 8000)] })],
      [
        'a text with another time',
        history({
          rules: [rule(1, 2, HIDES)],
          reads: [],
          published: [published(8000, 'OFFLINE')],
          texts: [{ at: 50_000, viewer: 'bob', text: 'at 8001' }],
        }),
      ],
    ],
    bad: [
      ['read', history({ rules: [rule(1, 2, HIDES)], reads: [read(9000, 'OFFLINE', 8000)] })],
      [
        'in a text',
        history({
          rules: [rule(1, 2, HIDES)],
          reads: [],
          published: [published(8000, 'OFFLINE')],
          texts: [{ at: 50_000, viewer: 'bob', text: 'at 1970-01-01T00:00:08.000Z' }],
        }),
      ],
    ],
  },
  V3: {
    good: [
      [
        'the same',
        history({ twins: [twin('secret', ['a', 'b'], ['a', 'b'], { gapsOfOne: even, gapsOfOther: even })] }),
      ],
      [
        'too few to tell',
        history({ twins: [twin('secret', ['a'], ['a'], { gapsOfOne: [1, 2], gapsOfOther: [50, 60] })] }),
      ],
    ],
    bad: [
      ['one event more', history({ twins: [twin('secret', ['a', 'b'], ['a'])] })],
      ['at other times', history({ twins: [twin('secret', ['a'], ['a'], { gapsOfOne: even, gapsOfOther: slower })] })],
    ],
  },
  V4: {
    good: [
      [
        'asked before it was acknowledged',
        history({ rules: [rule(5000, 5100, HIDES)], reads: [read(5200, 'ONLINE', null, { asked: 5050 })] }),
      ],
      [
        'soon after, in a fault',
        history(
          { rules: [rule(5000, 5100, HIDES)], reads: [read(9000, 'ONLINE')] },
          { faults: [fault('pauses', 5000, 9000)] },
        ),
      ],
    ],
    bad: [
      ['asked after', history({ rules: [rule(5000, 5100, HIDES)], reads: [read(5200, 'ONLINE')] })],
      [
        'long after, in a fault',
        history(
          { rules: [rule(5000, 5100, HIDES)], reads: [read(15_200, 'ONLINE')] },
          { faults: [fault('pauses', 5000, 9000)] },
        ),
      ],
    ],
  },
  V5: {
    good: [['both show', history({ mutual: true, rules: [], told: [told(9000, 'OFFLINE', 8000)] })]],
    bad: [
      [
        'the viewer shows nothing',
        history({ mutual: true, rules: [rule(1, 2, HIDES, { subject: 'bob' })], told: [told(9000, 'OFFLINE', 8000)] }),
      ],
    ],
  },
  V6: {
    good: [
      [
        'still hidden',
        history({ rules: [rule(1, 2, HIDES)], reads: [read(9000, 'OFFLINE', null, { servedSince: 8000 })] }),
      ],
    ],
    bad: [
      [
        'shown by one that has just begun',
        history(
          { rules: [rule(1, 2, HIDES)], reads: [read(9000, 'ONLINE', null, { servedSince: 8000 })] },
          { faults: [fault('instance', 0, 9000)] },
        ),
      ],
    ],
  },
  V7: {
    good: [
      [
        'OFFLINE since the switch',
        history({ choices: [choice(5000, 5100, 'INVISIBLE')], told: [told(5200, 'OFFLINE', 5050)] }),
      ],
      [
        'seen again by choice',
        history({
          choices: [choice(5000, 5100, 'INVISIBLE'), choice(8000, 8100, 'ONLINE')],
          told: [told(8200, 'ONLINE')],
        }),
      ],
      ['the same as one who went', history({ choices: [], told: [], twins: [twin('invisible', ['a'], ['a'])] })],
    ],
    bad: [
      ['shown', history({ choices: [choice(5000, 5100, 'INVISIBLE')], told: [told(9000, 'ONLINE')] })],
      [
        'a last seen that moves',
        history({ choices: [choice(5000, 5100, 'INVISIBLE')], told: [], reads: [read(9000, 'OFFLINE', 8000)] }),
      ],
      ['unlike one who went', history({ choices: [], told: [], twins: [twin('invisible', ['a', 'b'], ['a'])] })],
    ],
  },
  D1: {
    good: [
      [
        'found',
        history({ durables: [durable(1, 2, 'IDLE')], kept: [{ at: 9, user: 'ann', kind: 'status', value: 'IDLE' }] }),
      ],
      [
        'replaced by one that nobody heard of',
        history({
          durables: [durable(1, 2, 'IDLE'), durable(3, null, 'ONLINE')],
          kept: [{ at: 9, user: 'ann', kind: 'status', value: 'ONLINE' }],
        }),
      ],
      [
        'refused',
        history({
          durables: [durable(1, 2, 'IDLE'), durable(3, 4, 'ONLINE', true)],
          kept: [{ at: 9, user: 'ann', kind: 'status', value: 'IDLE' }],
        }),
      ],
    ],
    bad: [
      [
        'lost',
        history({ durables: [durable(1, 2, 'IDLE')], kept: [{ at: 9, user: 'ann', kind: 'status', value: 'ONLINE' }] }),
      ],
      [
        'an older one',
        history({
          durables: [durable(1, 2, 'IDLE'), durable(3, 4, 'ONLINE')],
          kept: [{ at: 9, user: 'ann', kind: 'status', value: 'IDLE' }],
        }),
      ],
    ],
  },
  D2: {
    good: [
      ['stored', history({ told: [told(9, 'OFFLINE', 8)], storedSeen: [{ at: 20, user: 'ann', lastSeen: 8 }] })],
      [
        'told just before all was forgotten',
        history({
          told: [told(9, 'OFFLINE', 8)],
          storedSeen: [{ at: 20, user: 'ann', lastSeen: 7 }],
          forgotten: [{ from: 5, to: 10 }],
        }),
      ],
    ],
    bad: [
      ['an older one', history({ told: [told(9, 'OFFLINE', 8)], storedSeen: [{ at: 20, user: 'ann', lastSeen: 7 }] })],
      [
        'an older one, told long before all was forgotten',
        history({
          told: [told(9, 'OFFLINE', 8)],
          storedSeen: [{ at: 20, user: 'ann', lastSeen: 7 }],
          forgotten: [{ from: 10, to: 15 }],
        }),
      ],
    ],
  },
  D3: {
    good: [
      [
        'forward',
        history({
          storedSeen: [
            { at: 1, user: 'ann', lastSeen: 7 },
            { at: 2, user: 'ann', lastSeen: 8 },
          ],
        }),
      ],
    ],
    bad: [
      [
        'back',
        history({
          storedSeen: [
            { at: 1, user: 'ann', lastSeen: 8 },
            { at: 2, user: 'ann', lastSeen: 7 },
          ],
        }),
      ],
    ],
  },
  D4: {
    good: [
      [
        'one each',
        history({
          durables: [durable(1, 2, 'IDLE'), durable(3, 4, 'ONLINE', true)],
          audits: [{ user: 'ann', kind: 'status' }],
        }),
      ],
      ['nobody knows', history({ durables: [durable(1, null, 'IDLE')], audits: [] })],
    ],
    bad: [
      ['none', history({ durables: [durable(1, 2, 'IDLE')], audits: [] })],
      [
        'one for a failure',
        history({ durables: [durable(1, 2, 'IDLE', true)], audits: [{ user: 'ann', kind: 'status' }] }),
      ],
    ],
  },
  D5: {
    good: [
      [
        'cleared in time',
        history({
          expiries: [{ user: 'ann', text: 'lunch', expiresAt: 5000 }],
          told: [told(1, 'ONLINE', null, { face: 'ONLINE lunch' }), told(6000, 'ONLINE')],
        }),
      ],
    ],
    bad: [
      [
        'told after its end',
        history({
          expiries: [{ user: 'ann', text: 'lunch', expiresAt: 5000 }],
          told: [told(7100, 'ONLINE', null, { face: 'ONLINE lunch' })],
        }),
      ],
      [
        'cleared twice',
        history({
          expiries: [{ user: 'ann', text: 'lunch', expiresAt: 5000 }],
          told: [
            told(1, 'ONLINE', null, { face: 'ONLINE lunch' }),
            told(5100, 'ONLINE'),
            told(5200, 'ONLINE', null, { face: 'ONLINE lunch' }),
            told(5300, 'ONLINE'),
          ],
        }),
      ],
    ],
  },
  Q1: {
    good: [['equal', history({ quiet: quiet({}) })]],
    bad: [['a ghost', history({ quiet: quiet({ truth: new Map([['ann', 'OFFLINE']]) }) })]],
  },
  Q2: {
    good: [['equal', history({ quiet: quiet({}) })]],
    bad: [['an old view', history({ quiet: quiet({ shown: new Map([['1 ann', 'IDLE']]) }) })]],
  },
  Q3: {
    good: [['nothing', history({ quiet: quiet({}) })]],
    bad: [['a dead incarnation', history({ quiet: quiet({ garbage: new Map([['dead incarnations', 2]]) }) })]],
  },
  Q4: {
    good: [['answered', history({ requests: [{ user: 'ann', what: 'beat', asked: 1, answered: 4000 }] })]],
    bad: [
      ['late', history({ requests: [{ user: 'ann', what: 'beat', asked: 1, answered: 6000 }] })],
      ['never', history({ requests: [{ user: 'ann', what: 'beat', asked: 1, answered: null }] })],
    ],
  },
  Q5: {
    good: [['about the same', history({ memory: [{ at: 1, instance: 'a', before: 100, after: 109 }] })]],
    bad: [['half as much again', history({ memory: [{ at: 1, instance: 'a', before: 100, after: 150 }] })]],
  },
};

const brokenBy = (recorded: Recorded, id: string) =>
  check(
    recorded,
    INVARIANTS.filter((one) => one.id === id),
  );

describe('the checker', () => {
  it('has cases for every invariant, each said in one sentence', () => {
    expect(INVARIANTS.map(({ id }) => id)).toEqual(
      Object.keys(CASES).sort((a, b) => a.localeCompare(b, 'en', { numeric: true })),
    );
    for (const { says } of INVARIANTS) expect(says).toMatch(/^[^.]+\.$/);
  });

  it('is described as it is: what holds, and which runs it is held against', async () => {
    const page = await readFile('docs/invariants.md', 'utf8');
    const table = new Map(
      page
        .split('\n')
        .map((line) => line.split('|').map((cell) => cell.trim()))
        .map(([, id = '', ...cells]) => [id, cells]),
    );
    for (const { id, says } of INVARIANTS) {
      const runs = Object.values(RUNS).map((ids: readonly string[]) => (ids.includes(id) ? 'yes' : ''));
      expect({ id, cells: table.get(id)?.slice(0, 4) }).toEqual({ id, cells: [says, ...runs] });
    }
  });

  for (const { id, says } of INVARIANTS) {
    it(`${id}: ${says}`, () => {
      for (const [what, recorded] of CASES[id]?.good ?? []) {
        const { checked, violations } = brokenBy(recorded, id);
        expect({ what, checked, violations }).toEqual({ what, checked: [id], violations: [] });
      }
      for (const [what, recorded] of CASES[id]?.bad ?? [])
        expect({ what, found: brokenBy(recorded, id).violations.length > 0 }).toEqual({ what, found: true });
    });
  }

  it('says which invariants a run has the facts for, and no more', () => {
    expect(check(history({})).checked).toEqual([]);
    expect(check(history({ requests: [] })).checked).toEqual(['Q4']);
  });

  it('shows the shortest window first, with the seed', () => {
    const asked = [1, 20_000, 40_000];
    const requests = asked.map((at, i) => ({ user: 'ann', what: 'beat', asked: at, answered: at + 9000 - 1000 * i }));
    const line = tell(check(history({ requests })));
    expect(line).toBe(
      'seed 7 | Q4 | beat of ann was not answered in time | shown by 7000 ms of history from 40000 to 47000 | Q4 × 3',
    );
    expect(tell(check(history({})))).toBe('');
  });
});
