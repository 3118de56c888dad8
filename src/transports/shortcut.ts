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
/** What bytes become that are no UTF-8. */
const REPLACED = '\ufffd';

/**
 * Reads the messages of a client that come whole, each with a piece of its own, which nearly all of them do. They would
 * go through a stream, a list of pieces and two events otherwise, which takes about as long as the work behind them.
 * All else is the library's: control frames, parts, what is compressed or at fault.
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
  const atRest = this._state === 0 && this._bufferedBytes === 0 && this._fragmented === 0;
  const text = atRest && this.writable && this.writableLength === 0 ? textIn(bytes) : null;
  if (text === null) return library.write.call(this, bytes);
  this[HEARER]?.hear(text);
  return true;
}

/** Null, and nothing was done to the bytes: it is not one masked text frame, or one that somebody has to look at. */
export function textIn(frame: Buffer): string | null {
  const short = (frame[1] ?? 0) - MASKED;
  if (frame[0] !== WHOLE_TEXT || short < 0 || short > TWO_BYTES || frame.length < 8) return null;
  const begin = (short === TWO_BYTES ? 4 : 2) + MASK_BYTES;
  const size = short === TWO_BYTES ? frame.readUInt16BE(2) : short;
  if (frame.length !== begin + size) return null;
  unmask(frame, begin);
  const text = frame.toString('utf8', begin);
  if (!text.includes(REPLACED)) return text;
  unmask(frame, begin);
  return null;
}

/** Done twice it undoes itself. */
function unmask(frame: Buffer, begin: number): void {
  const mask = frame.readInt32BE(begin - MASK_BYTES);
  if (mask === 0) return;
  for (let at = begin; at < frame.length; at += 1) {
    frame[at] = (frame[at] ?? 0) ^ (mask >> (24 - 8 * ((at - begin) & 3)));
  }
}
