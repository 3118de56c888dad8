import type { Platform } from '../../kernel/caller.js';
import type { Custom, Holder, HolderState, Shown, StatusMessage, Truth } from '../engine.js';

/** What the scripts give out about a user, see `truth_of` in lua/record.lua. */
export interface Told {
  readonly version: number;
  readonly epoch: string;
  /** Null: the user was forgotten. */
  readonly truth: Truth | null;
}

type Row = [number, Shown, number, number, number, string, StatusMessage | null, string];

export function toldOf(userId: string, payload: unknown): Told {
  const row = payload as Row | [number];
  if (row.length === 1) return { version: row[0], epoch: '', truth: null };
  const [version, status, since, lastSeen, lastActive, platforms, message, epoch] = row;
  const truth: Truth = {
    userId,
    version,
    status,
    since: time(since),
    lastSeen: time(lastSeen),
    lastActive: time(lastActive),
    platforms: platforms === '' ? [] : (platforms.split(' ') as Platform[]),
    message,
  };
  return { version, epoch, truth };
}

/** '' is no record. */
export const truthOf = (userId: string, text: string): Truth | null =>
  text === '' ? null : toldOf(userId, JSON.parse(text)).truth;

/** A chosen status as the scripts take it: version ('' not given), while active, while inactive, message, its end. */
export function customArgs(custom: Custom | undefined): readonly (string | number)[] {
  if (custom === undefined) return ['', '', '', '', 0];
  const { version, whileActive, whileInactive, message } = custom;
  if (message === null) return [version, whileActive, whileInactive, '', 0];
  const { text, emoji, expiresAt } = message;
  return [version, whileActive, whileInactive, JSON.stringify({ text, emoji, expiresAt }), expiresAt ?? 0];
}

const HOLDER = /^([cl])\|(\d+)\|(\d+)\|(\d)\|(\d)\|(\d+)\|(\d+)\|([^|]*)\|([^|]*)\|(.*)$/s;

/** Null: a lease that has ended. */
export function holderOf(text: string, now: number, idleAfterMs: number): HolderState | null {
  const match = HOLDER.exec(text);
  if (match === null) return null;
  const [, mark, connectedAt, activeAt, idle, counts, , endsAt, platform, device, id = ''] = match;
  const kind: Holder['kind'] = mark === 'l' ? 'lease' : 'socket';
  if (kind === 'lease' && Number(endsAt) <= now) return null;
  return {
    kind,
    id,
    deviceId: device === '' || device === undefined ? null : device,
    platform: platform as Platform,
    active: idle === '0' && now < Number(activeAt) + idleAfterMs,
    counts: counts === '1',
    connectedAt: Number(connectedAt),
  };
}

const time = (value: number) => (value === 0 ? null : value);
