import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Reader, readMessage } from './messages.js';

const payload = fc.oneof(
  fc.constant('{"query":"{ me { user { id } } }"}'),
  fc.constant('{"query":"mutation A { heartbeat { success } }","operationName":"A","variables":{"a":[1,"}"]}}'),
  fc.constant('{"query":7}'),
  fc.constant('{"query":"{ a }"},"id":"other"'),
  fc.constant('{"query":"{ a }"},"type":"complete"'),
  fc.constant('{"query":"{ a }"} '),
  fc.constant('{"query":"{ a }"}}'),
  fc.constant('null'),
  fc.json(),
);
const id = fc.oneof(fc.uuid(), fc.constantFrom('', '1', 'a\\"b', '\\u0041', 'é', 'a b', 'a","id":"b'), fc.string());
const text = fc.oneof(
  fc.tuple(id, payload).map(([name, asked]) => `{"id":"${name}","type":"subscribe","payload":${asked}}`),
  fc.tuple(id, payload).map(([name, asked]) => `{"type":"subscribe","id":"${name}","payload":${asked}}`),
  id.map((name) => `{"id":"${name}","type":"complete"}`),
  fc.constantFrom('{"type":"ping"}', '{"id":"', '{"id":"a"', '{"id":"a","type":"subscribe","payload":', '[]', ''),
);

describe('a message that was asked before under another id', () => {
  it('is read as it would be for the first time', () => {
    const reader = new Reader();
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), (texts) => {
        for (const one of [...texts, ...texts]) expect(reader.read(one)).toEqual(readMessage(one));
      }),
      { numRuns: 500 },
    );
  });

  it('is known again, as long as there is not too much of it', () => {
    const reader = new Reader();
    const ask = (name: string, size: number, mark: number) => {
      const query = `{ me { user { id } } } # ${mark} ${'x'.repeat(size)}`;
      const message = reader.read(`{"id":"${name}","type":"subscribe","payload":{"query":"${query}"}}`);
      return message?.type === 'subscribe' ? message.payload : null;
    };
    expect(ask('two', 10, 0)).toBe(ask('one', 10, 0));
    expect(ask('two', 3000, 0)).not.toBe(ask('one', 3000, 0));
    const first = ask('one', 10, 0);
    for (let mark = 1; mark < 400; mark += 1) ask('one', 1900, mark);
    expect(ask('one', 10, 0)).toEqual(first);
    expect(ask('one', 10, 0)).not.toBe(first);
  });
});
