import { getIntrospectionQuery, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { overLimit } from './limits.js';

const refusal = (text: string, introspection = true) => overLimit(parse(text), introspection)?.message ?? null;
const nested = (depth: number, innermost = 'id') => 'a{'.repeat(depth - 1) + innermost + '}'.repeat(depth - 1);

describe('what an operation may cost', () => {
  it('lets people nest eight fields and not nine', () => {
    expect(refusal(`{${nested(8)}}`)).toBeNull();
    expect(refusal(`{${nested(9)}}`)).toContain('deeper than 8');
  });

  it('lets people give thirty aliases and not thirty-one', () => {
    const aliases = (count: number) => Array.from({ length: count }, (_, i) => `a${i}:me{id}`).join(' ');
    expect(refusal(`{${aliases(30)}}`)).toBeNull();
    expect(refusal(`{${aliases(31)}}`)).toContain('30 aliases');
  });

  it('lets people write two thousand tokens and not one more, comments and commas free', () => {
    const fields = (count: number) => `{${'a '.repeat(count - 2)}}`;
    expect(refusal(`# a b c\n${fields(2000)},,`)).toBeNull();
    expect(refusal(fields(2001))).toContain('2000 tokens');
  });

  it('counts a fragment at every place that spreads it', () => {
    const aliased = 'fragment F on Query { ' + 'x:a '.repeat(11) + '}';
    expect(refusal(`{ a { ...F } b { ...F } } ${aliased}`)).toBeNull();
    expect(refusal(`{ a { ...F } b { ...F } c { ...F } } ${aliased}`)).toContain('30 aliases');
    expect(refusal(`{ ${nested(5, '...D')} } fragment D on A { ${nested(4)} }`)).toBeNull();
    expect(refusal(`{ ${nested(6, '...D')} } fragment D on A { ${nested(4)} }`)).toContain('deeper');
  });

  it('counts a spread fragment like the same text written inline', () => {
    const spreads = (count: number) => `{ a { ${'...F '.repeat(count)} } } fragment F on A { b }`;
    const inline = (count: number) => `{ a { ${'... on A { b } '.repeat(count)} } }`;
    const most = Array.from({ length: 400 }, (_, i) => i + 1).findLast((count) => refusal(inline(count)) === null) ?? 0;
    expect(refusal(spreads(most))).toBeNull();
    expect(refusal(spreads(most + 1))).toContain('tokens');
  });

  it('answers at once for fragments that grow without end or run in a circle', () => {
    const doubling = Array.from({ length: 60 }, (_, i) => `fragment F${i} on A { b { ...F${i + 1} ...F${i + 1} } }`);
    expect(refusal(`{ a { ...F0 } } ${doubling.join(' ')} fragment F60 on A { b }`)).not.toBeNull();
    expect(refusal('{ a { ...F } } fragment F on A { b { ...G } } fragment G on A { c { ...F } }')).toBeNull();
  });

  it('lets an editor introspect, but only where introspection is allowed and nothing else is asked', () => {
    expect(refusal(getIntrospectionQuery())).toBeNull();
    expect(refusal(getIntrospectionQuery(), false)).toContain('deeper than 8');
    const deep = (depth: number) => `__type(name:"A"){${nested(depth - 1)}}`;
    expect(refusal(`{ __typename ${deep(20)} }`)).toBeNull();
    expect(refusal(`{ __typename ${deep(21)} }`)).toContain('deeper than 20');
    expect(refusal(`{ me { id } ${deep(20)} }`)).toContain('deeper than 8');
  });
});
