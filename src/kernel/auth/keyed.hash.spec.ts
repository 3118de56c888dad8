import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';

import { KeyedHash } from './keyed.hash.js';
import { TOKEN_BYTES_MAX } from './token.rules.js';

const text = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('', 'ŀ', '@', '\ud800', '…'.repeat(TOKEN_BYTES_MAX), 'x'.repeat(TOKEN_BYTES_MAX)),
);

it('a keyed hash is the HMAC-SHA256 of Node, whatever the key and the texts one after the other', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(text, { minLength: 1, maxLength: 5 }), (bytes, texts) => {
      const keyed = new KeyedHash(Buffer.from(bytes));
      for (const one of texts) expect(keyed.of(one)).toBe(createHmac('sha256', bytes).update(one).digest('base64url'));
    }),
    { numRuns: 300 },
  );
});

it('nothing of a text is left out: one that is too long is none of its', () => {
  expect(() => new KeyedHash(Buffer.from('key')).of('x'.repeat(TOKEN_BYTES_MAX + 1))).toThrow(RangeError);
});
