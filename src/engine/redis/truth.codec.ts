import type { Platform } from '../../kernel/caller.js';
import type { Custom, Holder, HolderState, Shown, StatusMessage, Truth } from '../engine.js';

/** What the scripts give out about a user, see `truth_of` in lua/record.lua. */
export interface Told {
  readonly version: number;
  readonly epoch: string;
  /** Null: the user was forgotten. */
  readonly truth: Truth | null;
}

type Packed = [Shown, string, string, string, string, string];
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

const SHOWN_FIELDS = 6;
const FIELDS_BEFORE_MESSAGE = 14;

/** Of the packed field of a record, see lua/record.lua; '' is no record. */
export function truthOfPacked(userId: string, packed: string): Truth | null {
  if (packed === '') return null;
  const [status, since, lastSeen, lastActive, version, platforms] = packed.split('|', SHOWN_FIELDS) as Packed;
  let at = 0;
  for (let field = 0; field < FIELDS_BEFORE_MESSAGE; field += 1) at = packed.indexOf('|', at) + 1;
  return {
    userId,
    version: Number(version),
    status,
    since: time(Number(since)),
    lastSeen: time(Number(lastSeen)),
    lastActive: time(Number(lastActive)),
    platforms: platforms === '' ? [] : (platforms.split(' ') as Platform[]),
    message: at === packed.length ? null : (JSON.parse(packed.slice(at)) as StatusMessage),
  };
}

/** As it is published; '' is no record. */
export const truthOf = (userId: string, text: string): Truth | null =>
  text === '' ? null : toldOf(userId, JSON.parse(text)).truth;

type CustomArgs = readonly [version: string | number, on: string, off: string, message: string, ends: number];

/** A chosen status as the scripts take it: version ('' not given), while active, while inactive, message, its end. */
export function customArgs(custom: Custom | undefined): CustomArgs {
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
