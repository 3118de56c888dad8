import { frameSize, type Message, writeFrame } from './frame.js';

/** A chunk in which only the heads belong to one receiver. */
interface Template {
  readonly bytes: Buffer;
  readonly messages: readonly Message[];
  /** Where each head begins. */
  readonly heads: readonly number[];
}

/** A chunk of one message. */
interface Letter {
  readonly bytes: Buffer;
  readonly body: Buffer;
  readonly headAt: number;
  readonly headLength: number;
}

/**
 * The bytes of what one socket is written at once. Watchers of the same people are mostly given the same messages one
 * after the other: then the last chunk is used again, and only the heads in it are replaced.
 */
export class Chunks {
  private last: Template | null = null;
  private lastOne: Letter | null = null;

  /** Valid until the next call; who still needs it then has to `cede` it before. Not empty. */
  of(messages: readonly Message[]): Buffer {
    const { last } = this;
    if (last && alike(last.messages, messages)) return withHeads(last, messages);
    const bytes = Buffer.allocUnsafe(sizeOf(messages));
    const heads: number[] = [];
    let end = 0;
    for (const message of messages) {
      end = writeFrame(bytes, end, message);
      if (message.head) heads.push(headAt(end, message));
    }
    this.last = heads.length === messages.length ? { bytes, messages, heads } : null;
    return bytes;
  }

  /** As `of`, of one message with a head. */
  ofOne(head: Buffer, body: Buffer): Buffer {
    const last = this.lastOne;
    if (last?.body !== body || last.headLength !== head.length) return this.newLetter(head, body);
    last.bytes.set(head, last.headAt);
    return last.bytes;
  }

  /** Somebody else reads the last chunk from now on. */
  cede(): void {
    this.last = null;
    this.lastOne = null;
  }

  private newLetter(head: Buffer, body: Buffer): Buffer {
    const message = { head, body };
    const bytes = Buffer.allocUnsafe(frameSize(message));
    writeFrame(bytes, 0, message);
    this.lastOne = { bytes, body, headAt: headAt(bytes.length, message), headLength: head.length };
    return bytes;
  }
}

/** Of a frame that ends at `end`: the head stands before the body and the last byte. */
function headAt(end: number, { head, body }: Message): number {
  return end - 1 - body.length - (head?.length ?? 0);
}

function alike(known: readonly Message[], messages: readonly Message[]): boolean {
  if (known.length !== messages.length) return false;
  for (let i = 0; i < known.length; i += 1) {
    const one = known[i];
    const other = messages[i];
    if (one?.body !== other?.body || one?.head?.length !== other?.head?.length) return false;
  }
  return true;
}

function withHeads({ bytes, heads }: Template, messages: readonly Message[]): Buffer {
  for (let i = 0; i < messages.length; i += 1) {
    const head = messages[i]?.head;
    if (head) bytes.set(head, heads[i]);
  }
  return bytes;
}

function sizeOf(messages: readonly Message[]): number {
  let size = 0;
  for (const message of messages) size += frameSize(message);
  return size;
}
