import { Writable } from 'node:stream';
import type { WebSocket } from 'ws';

/** Who is told what a client has said. */
export interface Hearer {
  hear(text: string): void;
}

const HEARER = Symbol('hearer');

/** Of the library's receiver, what has to be known of it; should it have other names one day, the shortcut is not taken. */
interface Receiver extends Writable {
  /** 0: it waits for a frame. */
  readonly _state: number;
  readonly _bufferedBytes: number;
  /** 0: the last message is complete. */
  readonly _fragmented: number;
  [HEARER]?: Hearer;
}

const WHOLE_TEXT = 0x81;
const MASKED = 0x80;
const TWO_BYTES = 126;
const MASK_BYTES = 4;
const NOWHERE = -1;
/** What bytes become that are no UTF-8. */
const REPLACED = '\ufffd';

/**
 * Reads the messages of a client that come whole, by themselves or several in one piece, as nearly all of them do. They
 * would go through a stream, a list of pieces and two events otherwise, which takes about as long as the work behind
 * them. All else is the library's: control frames, parts, what is compressed or at fault.
 */
export function takeShortcut(ws: WebSocket, hearer: Hearer): void {
  const { _receiver: receiver } = ws as WebSocket & { readonly _receiver?: Receiver };
  if (!receiver) return;
  receiver[HEARER] = hearer;
  receiver.write = write;
}

const library: { write(this: Writable, bytes: Buffer): boolean } = Writable.prototype;

/** One function for all sockets, so that none holds one of its own. */
function write(this: Receiver, bytes: Buffer): boolean {
  let at = 0;
  while (at < bytes.length && isAtRest(this)) {
    const end = endOfText(bytes, at);
    const text = end === NOWHERE ? null : textIn(bytes, at, end);
    if (text === null) break;
    at = end;
    this[HEARER]?.hear(text);
  }
  if (at === 0) return library.write.call(this, bytes);
  return at === bytes.length || library.write.call(this, bytes.subarray(at));
}

/** It takes what comes, and what comes next is the beginning of a message. */
function isAtRest(receiver: Receiver): boolean {
  const { _state, _bufferedBytes, _fragmented } = receiver;
  return (
    _state === 0 && _bufferedBytes === 0 && _fragmented === 0 && receiver.writable && receiver.writableLength === 0
  );
}

/** Where the masked text frame that begins at `at` ends; nowhere: there is none, it is a long one, or not all of it. */
export function endOfText(bytes: Buffer, at: number): number {
  const short = (bytes[at + 1] ?? 0) - MASKED;
  if (bytes[at] !== WHOLE_TEXT || short < 0 || short > TWO_BYTES || bytes.length - at < 8) return NOWHERE;
  const end = short === TWO_BYTES ? at + 8 + bytes.readUInt16BE(at + 2) : at + 6 + short;
  return end <= bytes.length ? end : NOWHERE;
}

/** What such a frame says. Null, and nothing was done to the bytes: somebody has to look at it. */
export function textIn(bytes: Buffer, at: number, end: number): string | null {
  const begin = at + MASK_BYTES + (bytes[at + 1] === MASKED + TWO_BYTES ? 4 : 2);
  unmask(bytes, begin, end);
  const text = bytes.toString('utf8', begin, end);
  if (!text.includes(REPLACED)) return text;
  unmask(bytes, begin, end);
  return null;
}

/** Done twice it undoes itself. */
function unmask(bytes: Buffer, begin: number, end: number): void {
  const mask = bytes.readInt32BE(begin - MASK_BYTES);
  if (mask === 0) return;
  for (let at = begin; at < end; at += 1) {
    bytes[at] = (bytes[at] ?? 0) ^ (mask >> (24 - 8 * ((at - begin) & 3)));
  }
}
