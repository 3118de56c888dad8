/** One line of a stream: its text, or null when it is no text or too long. */
export interface Line {
  /** Counts from 1; empty lines count. */
  readonly number: number;
  readonly text: string | null;
  readonly tooLong: boolean;
}

const NEWLINE = 10;

/** Cuts a stream of bytes into lines. Keeps at most one line, of at most `maxBytes`; of a longer one nothing. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let number = 1;

  const finish = (): Line => {
    const line =
      bytes > maxBytes ? { number, text: null, tooLong: true } : { number, text: decode(parts), tooLong: false };
    parts = [];
    bytes = 0;
    number += 1;
    return line;
  };
  const decode = (pieces: Uint8Array[]): string | null => {
    try {
      return decoder.decode(Buffer.concat(pieces));
    } catch {
      return null;
    }
  };
  const add = (piece: Uint8Array) => {
    bytes += piece.length;
    if (bytes > maxBytes) parts = [];
    else if (piece.length > 0) parts.push(piece);
  };

  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      add(chunk.subarray(from, end));
      yield finish();
      from = end + 1;
    }
    add(chunk.subarray(from));
  }
  if (bytes > 0) yield finish();
}
