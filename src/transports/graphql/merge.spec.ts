import { buildSchema, parse, print, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { merged } from './merge.js';

const schema = buildSchema('type Query { me(a: Int): Person! } type Person { id: ID! name: String friend: Person }');
const alike = (text: string) => print(merged(parse(text))).replaceAll(/\s+/g, ' ');
const valid = (text: string) =>
  [parse(text), merged(parse(text))].map((document) => validate(schema, document).length === 0);

describe('a document with what is alike made one', () => {
  it('has each selection once, whatever is repeated and however it is written', () => {
    expect(alike(`{${'me{id} me { id }'.repeat(200)}}`)).toBe('{ me { id } }');
    expect(alike('{me{friend{id}} me{friend{name}} me{friend{id name}}}')).toBe('{ me { friend { id name } } }');
    expect(alike('{...{me{id}} ...{me{name}} ...F ...F} fragment F on Query{me{id id}}')).toBe(
      '{ ... { me { id name } } ...F } fragment F on Query { me { id } }',
    );
    expect(alike('{me(a:1){id} me( a : 1 ){name}}')).toBe('{ me(a: 1) { id name } }');
  });

  it('keeps apart what may mean different things', () => {
    for (const text of [
      '{me{id} x:me{id}}',
      '{me(a:1){id} y:me(a:2){id}}',
      '{me{id} me@skip(if:true){id}}',
      '{...on Query{me{id}} ...@skip(if:true){me{id}}}',
    ]) {
      expect(alike(text)).toBe(print(parse(text)).replaceAll(/\s+/g, ' '));
    }
  });

  it.each([
    ['{me{id name}}', true],
    ['{me{id} me{name friend{id}}}', true],
    ['{me(a:1){id} me(a:2){id}}', false],
    ['{me{x:id} me{x:name}}', false],
    ['{me{id} me}', false],
    ['{me{id{id}}}', false],
    ['{me{id} me{nothing}}', false],
    ['query($a:Int){me(a:$a){id} me(a:$a){name}}', true],
    ['query($a:Int){me{id}}', false],
  ])('is valid exactly when the document is: %s', (text, expected) => {
    expect(valid(text)).toEqual([expected, expected]);
  });
});
