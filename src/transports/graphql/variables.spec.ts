import fc from 'fast-check';
import { buildSchema, getVariableValues, Kind, parse, type OperationDefinitionNode } from 'graphql';
import { expect, it } from 'vitest';

import { variablesOf } from './variables.js';

const schema = buildSchema('input Filter { a: Int } type Query { a(ids: [ID!], all: [ID], filter: Filter): Int }');

const definitions = fc.constantFrom(
  '',
  '($ids: [ID!]!)',
  '($ids: [ID!])',
  '($ids: [String!] = ["a"])',
  '($ids: [ID])',
  '($ids: [Int!])',
  '($ids: [[ID!]])',
  '($ids: ID!)',
  '($ids: [ID!]!, $other: Int = 3)',
  '($ids: Filter)',
);
const given = fc.oneof(
  fc.record({ ids: fc.array(fc.string()) }, { requiredKeys: [] }),
  fc.record({ ids: fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null))), other: fc.integer() }),
  fc.record({ ids: fc.anything(), more: fc.anything() }),
);

it('variables are given to an operation as graphql-js gives them, or found not to fit by both', () => {
  fc.assert(
    fc.property(definitions, given, (text, values) => {
      const [operation] = parse(`query${text} { a }`).definitions as [OperationDefinitionNode];
      expect(operation.kind).toBe(Kind.OPERATION_DEFINITION);
      const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], values);
      expect(variablesOf(schema, operation)(values)).toEqual(coerced ? { ...coerced } : null);
    }),
    { numRuns: 300 },
  );
});

it('a list that was given is not handed on itself', () => {
  const [operation] = parse('query($ids: [ID!]!) { a }').definitions as [OperationDefinitionNode];
  const ids = ['a', 'b'];
  const values = variablesOf(schema, operation)({ ids });
  expect(values).toEqual({ ids });
  expect(values?.['ids']).not.toBe(ids);
});
