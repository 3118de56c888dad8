import fc from 'fast-check';
import {
  buildSchema,
  getArgumentValues,
  getVariableValues,
  parse,
  type FieldNode,
  type OperationDefinitionNode,
} from 'graphql';
import { expect, it } from 'vitest';

import { Call } from './call.js';

const schema = buildSchema(`
  input By { name: String! }
  type Query { find(ids: [ID!], id: ID!, first: Int = 50, after: String, by: By = { name: "x" }): Int, all(n: Int = 1): Int }
`);
const field = (name: string) => {
  const found = schema.getQueryType()?.getFields()[name];
  if (!found) throw new Error(`${name} is gone`);
  return found;
};

const text = fc.constantFrom(
  '{ all }',
  '{ all(n: 2) }',
  'query($n: Int) { all(n: $n) }',
  'query($n: Int = 3) { all(n: $n) }',
  'query($constructor: Int) { all(n: $constructor) }',
  'query($id: ID!) { find(id: $id) }',
  'query($id: ID = "x") { find(id: $id) }',
  'query($ids: [ID!]!) { find(id: "a", ids: $ids) }',
  'query($ids: [ID!]!, $id: ID!, $first: Int, $by: By) { find(ids: $ids, by: $by, id: $id, first: $first) }',
  'query($first: Int, $after: String) { find(id: "a", first: $first, after: $after) }',
);
const none = fc.constant(undefined);
const given = fc.record({
  n: fc.oneof(none, fc.constant(null), fc.integer(), fc.constant('7')),
  id: fc.oneof(none, fc.constant(null), fc.string(), fc.integer()),
  ids: fc.oneof(none, fc.constant(null), fc.array(fc.string()), fc.string()),
  first: fc.oneof(none, fc.constant(null), fc.integer()),
  after: fc.oneof(none, fc.constant(null), fc.string()),
  by: fc.oneof(none, fc.constant(null), fc.constant({ name: 'y' }), fc.constant({})),
});

function byGraphql(operation: OperationDefinitionNode, values: Record<string, unknown>): unknown {
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], values);
  const node = operation.selectionSet.selections[0] as FieldNode;
  try {
    return coerced ? getArgumentValues(field(node.name.value), node, coerced) : null;
  } catch {
    return null;
  }
}

it('a field is called with what graphql-js would call it with, or not at all', () => {
  fc.assert(
    fc.property(text, given, (query, all) => {
      const document = parse(query);
      const [operation] = document.definitions as [OperationDefinitionNode];
      const values = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
      const call = Call.of(schema, document, null, { to: () => () => null });
      const ours = call?.given(values)?.args ?? null;
      expect(ours && { ...ours }).toEqual(byGraphql(operation, values));
    }),
    { numRuns: 1000 },
  );
});
