import { buildSchema, printSchema } from 'graphql';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { missing } from './containment.js';
import { schemaOfCode } from './printed.js';

const contract = await readFile(new URL('../fixtures/schema.graphql', import.meta.url), 'utf8');

describe('the schema that clients are promised', () => {
  it('is what the code says, word for word', async () => {
    expect(missing(contract, await schemaOfCode())).toEqual([]);
  });

  it.each([
    ['a missing field', 'totalCount: Int!', ''],
    ['a loosened type', 'totalCount: Int!', 'totalCount: Int'],
    ['another default', 'first: Int = 50', 'first: Int = 51'],
    ['a missing word', 'RECENTLY THIS_WEEK', 'THIS_WEEK'],
    ['another description', 'True for every status but OFFLINE.', 'True for some.'],
    ['a new argument that clients must give', 'userStatus(userId: ID!)', 'userStatus(userId: ID!, more: Int!)'],
  ])('is not kept by %s', (_name, from, to) => {
    expect(contract).toContain(from);
    expect(missing(contract, buildSchema(contract.replace(from, to)))).toHaveLength(1);
  });

  // Made anew by `npm run schema`.
  it('is printed in schema.gql', async () => {
    await expect(`${printSchema(await schemaOfCode())}\n`).toMatchFileSnapshot('../../schema.gql');
  });
});
