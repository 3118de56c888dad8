import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Directory } from '../../src/kernel/directory/directory.service.js';
import { TestApp } from '../support/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
  await app.know('alice', 'bob', 'carol');
});
afterAll(() => app.stop());

/** Who the service takes the caller for, or the code of the refusal. */
async function whoAmI(headers: Record<string, string>, at = app): Promise<unknown> {
  const answer = await fetch(`${at.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ me { user { id } } }' }),
  });
  const { data, errors } = (await answer.json()) as {
    data: { me: { user: { id: string } } } | null;
    errors?: { message: string; extensions: { code: string } }[];
  };
  return data?.me.user.id ?? `${errors?.[0]?.extensions.code}: ${errors?.[0]?.message}`;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const REFUSED = 'UNAUTHENTICATED: A valid token is required';

describe('a caller over HTTP', () => {
  it('is whom the bearer token names', async () => {
    expect(await whoAmI(bearer(app.token('alice')))).toBe('alice');
    expect(await whoAmI({ authorization: `bearer ${app.token('bob')}` })).toBe('bob');
  });

  it.each<[string, () => Record<string, string>]>([
    ['nothing', () => ({})],
    ['an empty header', () => ({ authorization: '' })],
    ['a token without its scheme', () => ({ authorization: app.token('alice') })],
    ['another scheme', () => ({ authorization: `Basic ${app.token('alice')}` })],
    ['two tokens', () => bearer(`${app.token('alice')} ${app.token('bob')}`)],
    [
      'a token elsewhere',
      () => ({ 'x-authorization': `Bearer ${app.token('alice')}`, cookie: `token=${app.token('alice')}` }),
    ],
    ['the service token', () => ({ 'x-secret-token': app.config.serviceToken ?? '' })],
    ['a token of somebody who does not exist', () => bearer(app.token('nobody'))],
  ])('is nobody with %s', async (_what, headers) => {
    expect(await whoAmI(headers())).toBe(REFUSED);
  });

  it('is told when only the time is at fault', async () => {
    expect(await whoAmI(bearer(app.token('alice', -6)))).toBe('UNAUTHENTICATED: The token has expired');
    expect(await whoAmI(bearer(app.token('alice', -2)))).toBe('alice');
  });

  it('is never taken for another who calls at the same moment', async () => {
    const people = ['alice', 'bob', 'carol'];
    const asked = Array.from({ length: 60 }, (_, i) => people[i % 3] as string);
    expect(await Promise.all(asked.map((id) => whoAmI(bearer(app.token(id)))))).toEqual(asked);
  });

  it('is nobody from the moment the user is deleted', async () => {
    await app.know('dave');
    const token = app.token('dave');
    expect(await whoAmI(bearer(token))).toBe('dave');
    await app.nest.get(Directory).deleteUser('dave');
    expect(await whoAmI(bearer(token))).toBe(REFUSED);
  });

  it('is known to the instance that was asked, by its own keys', async () => {
    const other = await TestApp.start({
      DATABASE_URL: app.databaseUrl,
      JWT_SECRET: 'quite another secret, of another instance',
    });
    try {
      expect(await whoAmI(bearer(app.token('alice')))).toBe('alice');
      expect(await whoAmI(bearer(app.token('alice')), other)).toBe(REFUSED);
    } finally {
      await other.stop();
    }
    expect(await whoAmI(bearer(app.token('bob')))).toBe('bob');
  });
});
