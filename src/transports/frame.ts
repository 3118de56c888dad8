const TEXT = 0x81;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;
const END = 0x7d;

/**
 * One text message. With a `head` it is the beginning of a JSON object up to its last value, which is `body`: many
 * receivers share the body, and each has a head of its own.
 */
export interface Message {
  readonly head: Buffer | null;
  readonly body: Buffer;
  /** The body is frames already. */
  readonly framed?: true;
}

/** Messages for one receiver that go together. */
export function framed(texts: readonly string[]): Message {
  const sizes = texts.map((text) => Buffer.byteLength(text));
  const body = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + headerSize(size) + size, 0));
  let end = 0;
  for (const [at, text] of texts.entries()) {
    end = writeHeader(body, end, sizes[at] ?? 0);
    end += body.write(text, end);
  }
  return { head: null, body, framed: true };
}

/** Bytes of the message as a WebSocket frame. */
export function frameSize(message: Message): number {
  const size = payloadSize(message);
  return message.framed ? size : headerSize(size) + size;
}

/** Writes the frame into `target` and answers where it ends. */
export function writeFrame(target: Buffer, at: number, message: Message): number {
  const { head, body } = message;
  let end = message.framed ? at : writeHeader(target, at, payloadSize(message));
  if (head === null) {
    target.set(body, end);
    return end + body.length;
  }
  target.set(head, end);
  end += head.length;
  target.set(body, end);
  end += body.length;
  target[end] = END;
  return end + 1;
}

function payloadSize({ head, body }: Message): number {
  return head === null ? body.length : head.length + body.length + 1;
}

function headerSize(size: number): number {
  if (size < TWO_BYTES) return 2;
  return size < 0x10000 ? 4 : 10;
}

/** Unmasked and in one piece, as a server sends (RFC 6455 section 5.2). */
function writeHeader(target: Buffer, at: number, size: number): number {
  target[at] = TEXT;
  if (size < TWO_BYTES) {
    target[at + 1] = size;
    return at + 2;
  }
  if (size < 0x10000) {
    target[at + 1] = TWO_BYTES;
    target.writeUInt16BE(size, at + 2);
    return at + 4;
  }
  target[at + 1] = EIGHT_BYTES;
  target.writeBigUInt64BE(BigInt(size), at + 2);
  return at + 10;
}
