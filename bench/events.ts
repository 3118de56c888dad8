import type { Redis } from 'ioredis';
import type { Custom, EngineSettings } from '../src/engine/engine.js';
import { Scripts } from '../src/engine/redis/scripts.js';
import { presenceKey, shardOf } from '../src/engine/redis/shards.js';
import { TIMINGS } from '../src/engine/redis/timings.js';
import { customArgs } from '../src/engine/redis/truth.codec.js';
import { Breaker } from '../src/kernel/breaker.js';
import { SystemClock } from '../src/kernel/clock.js';

/** The number of the first event; every event carries its own, as the text of a status message. */
export const FIRST_NUMBER = 1_000_000;
export const EVENT_MARK = '"text":"';

const STATUSES = ['ONLINE', 'IDLE', 'DO_NOT_DISTURB'] as const;
const FIRST_SEEN = Date.UTC(2026, 10, 21);

/** What everybody who watches is told of event `n`. */
export function presenceOf(userId: string, n: number) {
  return {
    userId,
    status: STATUSES[n % STATUSES.length] ?? 'ONLINE',
    isOnline: true,
    lastSeen: new Date(FIRST_SEEN + n * 997).toISOString(),
    message: { text: String(FIRST_NUMBER + n) },
  };
}

/** The Redis command by which somebody's event `n` reaches a server. */
export type Announce = (userId: string, n: number) => Buffer;

/** One channel for all users. */
export const onOneChannel: Announce = (userId, n) =>
  command('PUBLISH', 'statusChanged', JSON.stringify({ statusChanged: presenceOf(userId, n) }));

/** A channel for each user. */
export const onOwnChannel: Announce = (userId, n) =>
  command('PUBLISH', `status.${userId}`, JSON.stringify({ statusChanged: presenceOf(userId, n) }));

/** To a room, the way the Redis adapter of another Socket.IO server does. */
export const toRoom: Announce = (userId, n) => {
  const packet = { type: 2, data: ['status', { statusChanged: presenceOf(userId, n) }], nsp: '/' };
  const options = { rooms: [userId], except: [], flags: {} };
  return command('PUBLISH', `socket.io#/#${userId}#`, packed(['others', packet, options]));
};

/** What another instance of ours gives to a user's record: version, status, and a message with the number. */
export function customOf(n: number): Custom {
  const { status, message } = presenceOf('', n);
  const text = { text: message.text, emoji: null, expiresAt: null };
  return { version: n + 2, whileActive: status, whileInactive: status, message: text };
}

/**
 * The script by which another instance of ours sets a custom status, as it goes over its connection: it changes the
 * record and publishes the truth in one step. Written down by the engine's own code, sent by the crowd.
 */
export function fromAnotherInstance(settings: EngineSettings): Announce {
  let written: Buffer = Buffer.alloc(0);
  const pen = {
    evalsha: (...args: readonly (string | number)[]) => {
      written = command('EVALSHA', ...args.map(String));
      return Promise.resolve('');
    },
  };
  const breaker = new Breaker(new SystemClock());
  const scripts = new Scripts(pen as unknown as Redis, settings, TIMINGS, 'PUBLISH', breaker);
  return (userId, n) => {
    void scripts.run('custom-set', presenceKey(shardOf(userId)), userId, '1', ...customArgs(customOf(n)));
    return written;
  };
}

function command(...words: readonly (string | Buffer)[]): Buffer {
  const parts = words.flatMap((word) => {
    const bytes = Buffer.from(word);
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}

/** MessagePack, of what a packet is made of: short texts, true and false, small numbers, short lists and objects. */
function packed(value: unknown): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([Buffer.from(text.length < 32 ? [0xa0 | text.length] : [0xd9, text.length]), text]);
  }
  if (typeof value === 'number') return Buffer.from([value & 0x7f]);
  if (typeof value === 'boolean') return Buffer.from([value ? 0xc3 : 0xc2]);
  if (Array.isArray(value)) return Buffer.concat([Buffer.from([0x90 | value.length]), ...value.map(packed)]);
  const entries = Object.entries(value as object);
  return Buffer.concat([Buffer.from([0x80 | entries.length]), ...entries.flat().map(packed)]);
}
