import { GraphQLSchemaHost } from '@nestjs/graphql';
import { createSourceEventStream, parse, type ExecutionArgs } from 'graphql';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Stream } from '../../src/kernel/stream.js';
import { Answers } from '../../src/transports/graphql/answers.js';
import { Executor } from '../../src/transports/graphql/executor.js';
import { explainAll } from '../../src/transports/graphql/explain.js';
import { Plan } from '../../src/transports/graphql/plan.js';
import { Source } from '../../src/transports/graphql/source.js';
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
    const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const fields = types.flatMap((type) => Object.values(type?.getFields() ?? {}).map((field) => ({ type, field })));
    const byNest = fields.filter(({ type, field }) => {
      const way = ways.to(type?.name ?? '', field);
      return way === field.resolve || way === field.subscribe;
    });
    expect(fields.length).toBeGreaterThan(12);
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

describe('a subscription', () => {
  const WATCH = 'subscription Watch($ids: [ID!]!) { statusChanged(userIds: $ids, snapshot: true) { userId status } }';

  function argsOf(query: string, variableValues?: Record<string, unknown>, anonymous = false): ExecutionArgs {
    const { schema } = app.nest.get(GraphQLSchemaHost);
    const caller = { userId: 'alice', expiresAt: Infinity, connectionId: 'one', watching: { users: 0 } };
    const contextValue = anonymous ? {} : { caller };
    return {
      schema,
      document: parse(query),
      operationName: null,
      variableValues: variableValues ?? null,
      contextValue,
    };
  }

  /** What a client is told of how it began, and the first view of each whom it was about. */
  async function beginning(opened: unknown): Promise<unknown> {
    if (!(opened instanceof Stream)) {
      const { errors } = opened as { readonly errors: readonly unknown[] };
      return explainAll(errors, null, {});
    }
    const stream = opened as Stream<{ readonly userId: string }>;
    const views: unknown[] = [];
    stream.end();
    for await (const { userId } of stream) views.push(userId);
    return views;
  }

  it.each([
    ['variables', WATCH, { ids: ['bob', 'alice', 'bob'] }],
    ['one who is a list', WATCH, { ids: 'bob' }],
    ['numbers', WATCH, { ids: [1] }],
    ['nobody', WATCH, { ids: [] }],
    ['nothing where there has to be something', WATCH, { ids: [null] }],
    ['no variables', WATCH, undefined],
    ['more than it asks for', WATCH, { ids: ['bob'], more: 1 }],
    ['an id that is none', WATCH, { ids: ['a b'] }],
    ['somebody in the document', 'subscription { a: statusChanged(userIds: ["bob"], snapshot: true) { status } }'],
    ['defaults', 'subscription { statusChanged { status } }'],
    ['a conversation of others', 'subscription { statusChanged(conversationId: "secret") { status } }'],
    ['both', 'subscription { statusChanged(conversationId: "c", userIds: []) { status } }'],
    ['a fragment', `subscription { ...F } fragment F on Subscription { userTyping { isTyping } }`],
    ['typing elsewhere', 'subscription($c: ID) { userTyping(conversationId: $c) { isTyping } }', { c: 'secret' }],
    ['what is skipped', 'subscription($a: Boolean!) { statusChanged @skip(if: $a) { status } }', { a: false }],
  ])('begins as graphql-js and Nest would begin it: with %s', async (_what, query, variables?: object) => {
    for (const anonymous of [false, true]) {
      const args = argsOf(query, variables as Record<string, unknown>, anonymous);
      const ours = await app.nest.get(Executor).open(args);
      expect(await beginning(ours)).toEqual(await beginning(await createSourceEventStream(args)));
    }
  });

  it('is opened without looking at its document again, unless something in it is out of the ordinary', () => {
    const { schema } = app.nest.get(GraphQLSchemaHost);
    const source = (text: string) => Source.of(schema, parse(text), null, app.nest.get(Ways));
    expect(source(WATCH)).not.toBeNull();
    expect(source('subscription { userTyping { isTyping } }')).not.toBeNull();
    expect(source('subscription { statusChanged @skip(if: false) { status } }')).toBeNull();
    expect(source('{ me { user { id } } }')).toBeNull();
  });
});
