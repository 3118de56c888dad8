import { randomFillSync } from 'node:crypto';

const ID_BYTES = 16;
const TEXT_BYTES = 36;
/** Random bytes are fetched for so many ids at once. */
const FETCHED = 128;
/** Where the two digits of each byte stand; between them are dashes. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const VERSION_AT = 6;
const VARIANT_AT = 8;
const DIGITS = Buffer.from('0123456789abcdef');

const random = Buffer.alloc(ID_BYTES * FETCHED);
const text = Buffer.alloc(TEXT_BYTES, '-');
let used = random.length;

/**
 * A random UUID (RFC 9562, version 4) in one piece. Node's own comes as a chain of twenty texts, each with a price in
 * memory for as long as it lives.
 */
export function newConnectionId(): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  for (let at = 0; at < ID_BYTES; at += 1) {
    const place = PLACES[at] ?? 0;
    const byte = marked(at, random[used + at] ?? 0);
    text[place] = DIGITS[byte >> 4] ?? 0;
    text[place + 1] = DIGITS[byte & 0x0f] ?? 0;
  }
  used += ID_BYTES;
  return text.toString('latin1');
}

/** Six bits say what kind of id it is. */
function marked(at: number, byte: number): number {
  if (at === VERSION_AT) return (byte & 0x0f) | 0x40;
  return at === VARIANT_AT ? (byte & 0x3f) | 0x80 : byte;
}
