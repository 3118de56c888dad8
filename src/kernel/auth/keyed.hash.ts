import { hash } from 'node:crypto';

import { TOKEN_BYTES_MAX } from './token.rules.js';

/** What SHA-256 takes at once, and what it makes. */
const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
/** Of one UTF-16 unit in UTF-8. */
const UNIT_BYTES_MAX = 3;

/**
 * HMAC-SHA256 with one key (RFC 2104), made of two plain hashes behind what the key adds to each, which is made once.
 * Node's own is an object with native parts for every text: that costs several times as much as the hashing.
 */
export class KeyedHash {
  private readonly inner = Buffer.alloc(BLOCK_BYTES + UNIT_BYTES_MAX * TOKEN_BYTES_MAX);
  private readonly outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES);

  constructor(key: Buffer) {
    const short = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
    for (let at = 0; at < BLOCK_BYTES; at += 1) {
      this.inner[at] = (short[at] ?? 0) ^ 0x36;
      this.outer[at] = (short[at] ?? 0) ^ 0x5c;
    }
  }

  /** In base64url. Throws RangeError for a text that is longer than a token may be. */
  of(text: string): string {
    if (text.length > TOKEN_BYTES_MAX) throw new RangeError('The text is longer than a token may be');
    const end = BLOCK_BYTES + this.inner.write(text, BLOCK_BYTES);
    this.outer.write(hash('sha256', this.inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'binary');
    return hash('sha256', this.outer, 'base64url');
  }
}
