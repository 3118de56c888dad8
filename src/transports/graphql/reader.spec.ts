import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readMessage } from './messages.js';
import { Reader } from './reader.js';

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
const name = fc.constantFrom('a', 'b', 'ids', '__proto__');
const list = fc.oneof(
  fc.array(fc.constantFrom('alice', 'b-2', 'c.d@e', 'x')).map((ids) => JSON.stringify(ids)),
  fc.constantFrom(
    '["a", "b"]',
    '[ "a"]',
    '["a\\u0062"]',
    '["é"]',
    '["a",1]',
    '[1]',
    '["a"',
    '[["a"]]',
    '["a"]]',
    '"["',
    '["',
  ),
);
const said = fc.oneof(fc.constantFrom('["a"]', 'x["', '["', '7', '"[\\"a\\"]"', '"x["', '{"b":["a"]}'), list);
/** Mostly one list among other things; often with the same words around another list. */
const asking = fc.oneof(
  fc.tuple(name, list).map(([one, all]) => `{"query":"{ a(b: [ID!]!) }","variables":{"${one}":${all}}}`),
  fc.tuple(name, list).map(([one, all]) => `{"variables":{"${one}":${all},"c":3},"operationName":"A","query":"{ a }"}`),
  fc
    .tuple(name, list, name, said)
    .map(([one, all, other, more]) => `{"query":"{ a }","variables":{"${one}":${all},"${other}":${more}}}`),
  fc.tuple(said, list).map(([more, all]) => `{"query":"{ a }","extensions":{"e":${more}},"variables":{"a":${all}}}`),
  fc.tuple(list, list).map(([one, two]) => `{"query":"{ a }","variables":{"a":${one}},"variables":{"a":${two}}}`),
  said.map((words) => `{"query":"{ a(b: ${words}) }"}`),
);
const id = fc.oneof(fc.uuid(), fc.constantFrom('', '1', 'a\\"b', '\\u0041', 'é', 'a b', 'a","id":"b'), fc.string());
const text = fc.oneof(
  fc.tuple(id, payload).map(([name, asked]) => `{"id":"${name}","type":"subscribe","payload":${asked}}`),
  asking.map((asked) => `{"id":"1","type":"subscribe","payload":${asked}}`),
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
      { numRuns: 1000 },
    );
  });

  it('is known for other people than before, who are put in the place of those', () => {
    const reader = new Reader();
    const query = 'query A($ids: [ID!]!, $by: By) { a }';
    const ask = (ids: readonly string[]) => {
      const payload = { operationName: 'A', query, variables: { by: { name: true }, ids } };
      const message = reader.read(`{"id":"1","type":"subscribe","payload":${JSON.stringify(payload)}}`);
      return message?.type === 'subscribe' ? message.payload : null;
    };
    ask(['alice', 'bob']);
    const second = ask(['carol']);
    expect(second).toEqual({ operationName: 'A', query, variables: { by: { name: true }, ids: ['carol'] } });
    // What is the same object was not read again.
    expect(ask(['dave', 'erin'])?.variables?.['by']).toBe(second?.variables?.['by']);
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
