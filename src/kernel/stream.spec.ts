import { describe, expect, it } from 'vitest';

import { Stream } from './stream.js';

interface View {
  readonly id: string;
  readonly n: number;
}

function open() {
  const closes: number[] = [];
  const stream = new Stream<View>({ keyOf: (view) => view.id, onClose: () => closes.push(1) });
  return { stream, closes };
}

describe('a stream of views', () => {
  it('a reader who keeps up gets every view in order', async () => {
    const { stream } = open();
    for (let n = 0; n < 3; n += 1) {
      const next = stream.next();
      stream.push({ id: 'a', n });
      expect((await next).value).toEqual({ id: 'a', n });
    }
  });

  it('a slow reader gets the last view of each key, in the order of the last changes', async () => {
    const { stream } = open();
    for (const [id, n] of [
      ['a', 1],
      ['b', 1],
      ['a', 2],
      ['c', 1],
      ['b', 2],
    ] as const)
      stream.push({ id, n });
    stream.end();
    const seen: View[] = [];
    for await (const view of stream) seen.push(view);
    expect(seen).toEqual([
      { id: 'a', n: 2 },
      { id: 'c', n: 1 },
      { id: 'b', n: 2 },
    ]);
  });

  it('a reader who waits is released at once when it returns, and what feeds the stream is closed once', async () => {
    const { stream, closes } = open();
    const next = stream.next();
    await stream.return();
    expect(await next).toEqual({ done: true, value: undefined });
    await stream.return();
    stream.end();
    expect(closes).toHaveLength(1);
  });

  it('nothing arrives after the end', async () => {
    const { stream } = open();
    stream.end();
    stream.push({ id: 'a', n: 1 });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('a refusal while it runs reaches the reader once, after what waited', async () => {
    const { stream } = open();
    stream.push({ id: 'a', n: 1 });
    stream.end(new Error('left'));
    expect((await stream.next()).value).toEqual({ id: 'a', n: 1 });
    await expect(stream.next()).rejects.toThrow('left');
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('a sink gets what waited, then every view at once, then the end', () => {
    const { stream } = open();
    const got: unknown[] = [];
    stream.push({ id: 'a', n: 1 });
    stream.drainTo({ next: (view) => got.push(view.n), end: (error) => got.push(error?.message ?? 'end') });
    stream.push({ id: 'a', n: 2 });
    stream.push({ id: 'a', n: 3 });
    stream.end(new Error('left'));
    stream.end();
    expect(got).toEqual([1, 2, 3, 'left']);
  });
});
