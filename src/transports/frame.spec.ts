import { describe, expect, it } from 'vitest';

import { framed, frameSize, writeFrame } from './frame.js';

function written(text: string): Buffer {
  const message = { head: null, body: Buffer.from(text) };
  const target = Buffer.alloc(frameSize(message));
  expect(writeFrame(target, 0, message)).toBe(target.length);
  return target;
}

describe('messages that go together', () => {
  it.each([0, 1, 125, 126, 127, 0xffff, 0x10000])('are the frames of each, after one of %i characters', (length) => {
    const texts = ['x'.repeat(length), 'zwölf ✓ 👋', '{}'];
    const message = framed(texts);
    expect(message.body.equals(Buffer.concat(texts.map(written)))).toBe(true);
    expect(frameSize(message)).toBe(message.body.length);
    const target = Buffer.alloc(message.body.length + 1);
    expect(writeFrame(target, 1, message)).toBe(target.length);
    expect(target.subarray(1).equals(message.body)).toBe(true);
  });
});
