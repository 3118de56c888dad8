import type { Account, Custom, HolderAccount, Seen, Shown, Transition, Truth } from '../engine.js';
import type { Cause } from '../../kernel/metrics/labels.js';
import type { Answer } from './scripts.js';
import { texts } from './scripts.js';
import { holderOf, truthOf } from './truth.codec.js';

/** What lua/user-account.lua answers. */
export function accountOf(userId: string, answer: Answer, idleAfterMs: number): Account {
  const parts = Array.isArray(answer) ? (answer as readonly Answer[]) : [];
  const [now = '0', truth = '', chosen = '', left = '', lookAt = '', waiting = ''] = parts.slice(0, 6).map(String);
  const [graceEnd, leftAt] = left.split('|').map(Number);
  const at = Number(now);
  const known = truthOf(userId, truth);
  return {
    now: at,
    truth: known,
    custom: customOf(chosen, known),
    holders: texts(parts[6])
      .flatMap((text) => holderAccountOf(text, at, idleAfterMs) ?? [])
      .sort((one, other) => one.connectedAt - other.connectedAt),
    graceEndsAt: graceEnd !== undefined && graceEnd > at ? graceEnd : null,
    leftAt: leftAt || null,
    lookAt: lookAt === '' ? null : Number(lookAt),
    unstored: seenOf(userId, waiting),
    transitions: texts(parts[7]).flatMap((entry) => transitionOf(entry) ?? []),
  };
}

function customOf(text: string, truth: Truth | null): Custom | null {
  if (truth === null) return null;
  const [version, whileActive, whileInactive] = text.split('|');
  const { message } = truth;
  return {
    version: Number(version),
    whileActive: whileActive as Shown,
    whileInactive: whileInactive as Shown,
    message,
  };
}

const TIMES = /^[cl]\|\d+\|(\d+)\|(\d)\|\d\|(\d+)\|(\d+)\|/;

function holderAccountOf(text: string, now: number, idleAfterMs: number): HolderAccount | null {
  const state = holderOf(text, now, idleAfterMs);
  const times = TIMES.exec(text);
  if (state === null || times === null) return null;
  const [, activeAt, idle, renewedAt, endsAt] = times;
  return {
    ...state,
    idle: idle === '1',
    activeAt: Number(activeAt) || null,
    renewedAt: Number(renewedAt),
    endsAt: Number(endsAt) || null,
  };
}

function seenOf(userId: string, waiting: string): Seen | null {
  if (waiting === '') return null;
  const [lastSeen, lastActive] = waiting.split('|').map(Number);
  return { userId, lastSeen: lastSeen || null, lastActive: lastActive || null };
}

function transitionOf(entry: string): Transition | null {
  const [, at, from, to, cause] = entry.split('|');
  return cause === undefined ? null : { at: Number(at), from: from as Shown, to: to as Shown, cause: cause as Cause };
}
