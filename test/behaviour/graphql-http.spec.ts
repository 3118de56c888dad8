import { auditServer } from 'graphql-http';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
  await app.befriend('alice', 'bob');
});
afterAll(() => app.stop());

interface Answer {
  readonly status: number;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; path?: unknown; extensions: Record<string, unknown> }[];
}

async function ask(query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as object) };
}

const as = (userId: string) => ({ authorization: `Bearer ${app.token(userId)}` });
const code = ({ errors }: Answer) => errors?.map(({ extensions }) => extensions['code']);

describe('GraphQL over HTTP', () => {
  it('keeps to the GraphQL-over-HTTP draft with the protection against forged requests on', async () => {
    // Apollo takes a GET for forged unless it carries a header that no form can send.
    const fetchFn = (url: string, init: RequestInit = {}) =>
      fetch(url, { ...init, headers: { ...(init.headers as object), 'apollo-require-preflight': 'true' } });
    const results = await auditServer({ url: `${app.url}/graphql`, fetchFn });
    expect(results.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(results.length).toBeGreaterThan(50);
  });

  it('refuses what a form of another page could send', async () => {
    const get = await fetch(`${app.url}/graphql?query={__typename}`);
    expect(get.status).toBe(400);
    const text = await fetch(`${app.url}/graphql`, { method: 'POST', body: '{"query":"{__typename}"}' });
    expect(text.status).toBe(400);
  });

  it('answers somebody with a token, and tells nobody else more than the schema', async () => {
    expect(await ask('{me{user{id username}}}', {}, as('alice'))).toEqual({
      status: 200,
      data: { me: { user: { id: 'alice', username: 'alice' } } },
    });
    expect(await ask('{__typename}')).toEqual({ status: 200, data: { __typename: 'Query' } });
    expect((await ask(getIntrospectionQuery())).data).toHaveProperty('__schema');
    const nobody = await ask('{me{user{id}}}');
    expect(nobody).toMatchObject({ status: 200, data: null });
    expect(nobody.errors).toEqual([
      {
        message: 'A valid token is required',
        locations: [{ line: 1, column: 2 }],
        path: ['me'],
        extensions: { code: 'UNAUTHENTICATED' },
      },
    ]);
  });

  it('names every refusal by its code and nothing else', async () => {
    const alice = as('alice');
    expect(code(await ask('{userStatus(userId:"nobody"){status}}', {}, alice))).toEqual(['USER_NOT_FOUND']);
    expect(code(await ask('{userStatus(userId:"a b"){status}}', {}, alice))).toEqual(['BAD_USER_INPUT']);
    expect(code(await ask('{typingUsers(conversationId:"secret"){userId}}', {}, alice))).toEqual([
      'CONVERSATION_NOT_FOUND',
    ]);
    expect(code(await ask('{userStatus{status}}', {}, alice))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    expect(code(await ask('{me', {}, alice))).toEqual(['GRAPHQL_PARSE_FAILED']);
    const variable = 'mutation($s:CustomStatus){setCustomStatus(status:$s){status}}';
    expect(code(await ask(variable, { s: 'SLEEPY' }, alice))).toEqual(['BAD_USER_INPUT']);
    expect(code(await ask('mutation{setCustomStatus(status:SLEEPY){status}}', {}, alice))).toEqual([
      'GRAPHQL_VALIDATION_FAILED',
    ]);
    expect(code(await ask('subscription{statusChanged{status}}', {}, alice))).toEqual(['BAD_REQUEST']);
    for (const query of ['{me', '{userStatus(userId:"nobody"){status}}']) {
      expect(JSON.stringify(await ask(query, {}, alice))).not.toMatch(/stack|originalError|node_modules/);
    }
  });

  it('refuses a document over the limits before it looks any closer', async () => {
    const alike = '{me{user{id}}}'.slice(1, -1);
    const long = await ask(`{${`${alike} `.repeat(400)}}`, {}, as('alice'));
    expect(long).toEqual({
      status: 200,
      errors: [{ message: 'The operation is of more than 2000 tokens', extensions: { code: 'BAD_USER_INPUT' } }],
    });
    const draft = { accept: 'application/graphql-response+json' };
    expect((await ask(`{${`${alike} `.repeat(400)}}`, {}, draft)).status).toBe(400);
    const many = Array.from({ length: 31 }, (_, i) => `a${i}:me{user{id}}`).join(' ');
    expect(code(await ask(`{${many}}`, {}, as('alice')))).toEqual(['BAD_USER_INPUT']);
  });

  it('lives at one path', async () => {
    for (const path of ['/graphql/', '/graphql/x', '/graphqlx', '/GraphQL']) {
      const response = await fetch(app.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{__typename}"}',
      });
      expect([path, response.status]).toEqual([path, 404]);
    }
  });
});
