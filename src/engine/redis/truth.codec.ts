import type { Platform } from '../../kernel/caller.js';
import {
  type Custom,
  type Holder,
  type HolderState,
  SHOWN,
  type Shown,
  type StatusMessage,
  type Truth,
} from '../engine.js';

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
    platforms: platformsOf(platforms),
    message,
  };
  return { version, epoch, truth };
}

/** Between what is shown and the message. */
const FIELDS_PASSED_OVER = 8;

const ZERO = 0x30;
const BAR = 0x7c;
/** Each of another length. */
const SHOWN_BY_LENGTH: ReadonlyMap<number, Shown> = new Map(SHOWN.map((shown) => [shown.length, shown]));

/** Of the packed field of a record, see lua/record.lua; '' is no record. Hundreds are read for one answer. */
export function truthOfPacked(userId: string, packed: string): Truth | null {
  if (packed === '') return null;
  const status = packed.indexOf('|');
  const since = packed.indexOf('|', status + 1);
  const lastSeen = packed.indexOf('|', since + 1);
  const lastActive = packed.indexOf('|', lastSeen + 1);
  const version = packed.indexOf('|', lastActive + 1);
  const platforms = packed.indexOf('|', version + 1);
  return {
    userId,
    version: numberIn(packed, lastActive + 1, version),
    status: SHOWN_BY_LENGTH.get(status) ?? 'OFFLINE',
    since: time(numberIn(packed, status + 1, since)),
    lastSeen: time(numberIn(packed, since + 1, lastSeen)),
    lastActive: time(numberIn(packed, lastSeen + 1, lastActive)),
    platforms: platformsOf(packed.slice(version + 1, platforms)),
    message: packed.charCodeAt(packed.length - 1) === BAR ? null : messageAfter(packed, platforms),
  };
}

/** Of nothing but digits. */
function numberIn(text: string, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at += 1) number = number * 10 + text.charCodeAt(at) - ZERO;
  return number;
}

function messageAfter(packed: string, platforms: number): StatusMessage {
  let message = platforms + 1;
  for (let field = 0; field < FIELDS_PASSED_OVER; field += 1) message = packed.indexOf('|', message) + 1;
  return JSON.parse(packed.slice(message)) as StatusMessage;
}

/** Every set of platforms is one list: there are few. */
const listed = new Map<string, readonly Platform[]>([['', []]]);

function platformsOf(text: string): readonly Platform[] {
  let platforms = listed.get(text);
  if (!platforms) listed.set(text, (platforms = text.split(' ') as Platform[]));
  return platforms;
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
