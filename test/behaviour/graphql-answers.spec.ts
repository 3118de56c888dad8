import { GraphQLSchemaHost } from '@nestjs/graphql';
import { parse } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Answers } from '../../src/transports/graphql/answers.js';
import { Plan } from '../../src/transports/graphql/plan.js';
import { Ways } from '../../src/transports/graphql/ways.js';
import { TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  await app.befriend('alice', 'bob');
});
afterAll(() => app.stop());
afterEach(() => vi.restoreAllMocks());

/** Both want the same; what to make of the second is left to Apollo. */
const PLAIN = 'application/json';
const WEIGHED = 'application/json;q=1';

async function ask(body: object, accept: string, headers: Record<string, string> = {}) {
  const give = vi.spyOn(Answers.prototype, 'give');
  const own = { 'content-type': 'application/json', 'x-request-id': 'one', accept, ...headers };
  const response = await fetch(`${app.url}/graphql`, { method: 'POST', headers: own, body: JSON.stringify(body) });
  const { date: _date, ...told } = Object.fromEntries(response.headers);
  const [result] = give.mock.results;
  give.mockRestore();
  return {
    ours: typeof (await result?.value) === 'string',
    answer: { status: response.status, headers: told, text: await response.text() },
  };
}

const as = (userId: string) => ({ authorization: `Bearer ${app.token(userId)}` });

describe('a plain operation over HTTP', () => {
  it.each([
    ['a query', { query: '{ userStatus(userId: "bob") { userId status isOnline lastSeen platforms } }' }],
    [
      'variables',
      {
        query: 'query($ids: [ID!]!) { userStatuses(userIds: $ids) { userId __typename } }',
        variables: { ids: ['bob', 'nobody'] },
      },
    ],
    ['a name', { query: 'query A { me { user { id } } } query B { __typename }', operationName: 'B' }],
    ['nothing that is there', { query: '{ __typename }', variables: null, operationName: null }],
    ['a refusal', { query: '{ userStatus(userId: "nobody") { userId } }' }],
    ['one refusal among answers', { query: '{ a: userStatus(userId: "bob") { userId } b: __typename }' }],
    ['a limit', { query: '{ userStatuses(userIds: ["a b"]) { userId } }' }],
  ])('is answered by us as Apollo answers it: %s', async (_what, body) => {
    // The first of its kind makes the caller known and fills caches, which shows in no answer.
    const plain = await ask(body, PLAIN, as('alice'));
    const weighed = await ask(body, WEIGHED, as('alice'));
    expect([plain.ours, weighed.ours]).toEqual([true, false]);
    expect(plain.answer).toEqual(weighed.answer);
  });

  it('is planned once: what is asked for again and again is not executed by looking at its document', () => {
    const { schema } = app.nest.get(GraphQLSchemaHost);
    const plan = (text: string) => Plan.of(schema, parse(text), null, app.nest.get(Ways));
    expect(plan('{ userStatuses(userIds: ["bob"]) { user { id } lastSeen message { text } } }')).not.toBeNull();
    expect(
      plan('mutation { heartbeat { success presence { ...P } } } fragment P on UserPresence { status }'),
    ).not.toBeNull();
    expect(plan('{ userStatus(userId: "bob") { status @skip(if: false) } }')).toBeNull();
    expect(plan('{ __schema { types { name } } }')).toBeNull();
  });

  it('is taken to its method directly, whichever it is', () => {
    const { schema } = app.nest.get(GraphQLSchemaHost);
    const ways = app.nest.get(Ways);
    const types = [schema.getQueryType(), schema.getMutationType()];
    const fields = types.flatMap((type) => Object.values(type?.getFields() ?? {}).map((field) => ({ type, field })));
    const byNest = fields.filter(({ type, field }) => ways.to(type?.name ?? '', field) === field.resolve);
    expect(fields.length).toBeGreaterThan(10);
    expect(byNest.map(({ field }) => field.name)).toEqual([]);
  });

  it('is so for a mutation, for clients of the newer type, and for whoever has no token', async () => {
    const beat = { query: 'mutation { heartbeat(deviceId: "d") { success nextHeartbeatInSeconds } }' };
    const me = { query: '{ me { user { id } } }' };
    const newer = 'application/graphql-response+json';
    for (const [body, first, second, headers] of [
      [beat, PLAIN, WEIGHED, as('alice')],
      [me, newer, `${newer};q=1`, as('alice')],
      [me, PLAIN, WEIGHED, {}],
      [me, PLAIN, WEIGHED, { authorization: 'Bearer nonsense' }],
      [me, PLAIN, WEIGHED, { ...as('bob'), origin: 'http://localhost:5173' }],
    ] as const) {
      const plain = await ask(body, first, headers);
      const weighed = await ask(body, second, headers);
      expect([plain.ours, weighed.ours]).toEqual([true, false]);
      expect(plain.answer).toEqual(weighed.answer);
    }
  });

  it.each([
    ['a variable that does not fit', { query: 'query($i: ID!) { userStatus(userId: $i) { userId } }', variables: {} }],
    ['variables that are a list', { query: '{ __typename }', variables: [] }],
    ['an operation that is not there', { query: 'query A { __typename }', operationName: 'B' }],
    ['a name that is no text', { query: '{ __typename }', operationName: 7 }],
    ['a subscription', { query: 'subscription { statusChanged { status } }' }],
    ['an extension', { query: '{ __typename }', extensions: { persistedQuery: { version: 1 } } }],
  ])('is left to Apollo for %s', async (_what, body) => {
    const plain = await ask(body, PLAIN, as('alice'));
    const weighed = await ask(body, WEIGHED, as('alice'));
    expect([plain.ours, weighed.ours]).toEqual([false, false]);
    expect(plain.answer).toEqual(weighed.answer);
  });
});
