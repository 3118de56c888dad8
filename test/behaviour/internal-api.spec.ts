import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { Directory } from '../../src/kernel/directory/directory.service.js';
import { TestApp } from '../support/app.js';

let app: TestApp;
let directory: Directory;

beforeAll(async () => {
  app = await TestApp.start();
  directory = app.nest.get(Directory);
});
afterAll(() => app.stop());
beforeEach(() => app.know('alice', 'bob'));

const DONE = { status: 200, body: { success: true } };
const refusal = (status: number, code: string) => ({
  status,
  body: { success: false, error: { code, message: expect.any(String) as string } },
});

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${app.url}/api/internal${path}`, {
    method,
    headers: {
      'x-secret-token': app.config.serviceToken ?? '',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, body: await answer.json() };
}

describe('the internal API', () => {
  it.each<[string, Record<string, string>]>([
    ['no token', { 'x-secret-token': '' }],
    ['another token', { 'x-secret-token': 'the service token of the test' }],
    ['a user’s token', { 'x-secret-token': '', authorization: 'Bearer alice' }],
  ])('is closed to whoever comes with %s, before anything is looked at', async (_who, headers) => {
    expect(await call('PUT', '/users/me', [], headers)).toEqual(refusal(401, 'UNAUTHENTICATED'));
    const imported = await call('POST', '/import', '{"user":{}}', {
      ...headers,
      'content-type': 'application/x-ndjson',
    });
    expect(imported).toEqual(refusal(401, 'UNAUTHENTICATED'));
  });

  it('is closed to everybody where there is no service token', async () => {
    const closed = await TestApp.start({
      DATABASE_URL: app.databaseUrl,
      NODE_ENV: 'production',
      SERVICE_TOKEN: '',
    });
    for (const token of ['', 'null', 'undefined']) {
      const answer = await fetch(`${closed.url}/api/internal/users/x`, {
        method: 'DELETE',
        headers: { 'x-secret-token': token },
      });
      expect(answer.status).toBe(401);
    }
    await closed.stop();
  });

  it('creates a person, replaces them as a whole, and removes them with all that hangs on them', async () => {
    const dora = { username: 'dora', displayName: 'Dóra 🏮', avatarUrl: 'https://example.org/d.png' };
    expect(await call('PUT', '/users/dora', dora)).toEqual(DONE);
    expect(await directory.user('dora')).toEqual({ id: 'dora', ...dora });
    expect(await call('PUT', '/users/dora', { username: 'd', displayName: 'D', role: 'ignored' })).toEqual(DONE);
    expect(await directory.user('dora')).toEqual({ id: 'dora', username: 'd', displayName: 'D', avatarUrl: null });
    await call('PUT', '/users/dora/contacts/alice');
    await call('PUT', '/conversations/hall/members/dora');
    expect(await call('DELETE', '/users/dora')).toEqual(DONE);
    expect(await directory.user('dora')).toBeNull();
    expect(await directory.isMember('hall', 'dora')).toBe(false);
    expect(await call('DELETE', '/users/dora')).toEqual(DONE);
  });

  it.each<[string, unknown]>([
    ['no body', undefined],
    ['a list', []],
    ['text', '"alice"'],
    ['broken JSON', '{"username":'],
    ['no display name', { username: 'a' }],
    ['an empty username', { username: '', displayName: 'A' }],
    ['a username of 65', { username: 'x'.repeat(65), displayName: 'A' }],
    ['a username that is a number', { username: 5, displayName: 'A' }],
    ['a display name of 129', { username: 'a', displayName: '🏮'.repeat(129) }],
    ['a display name with a null character', { username: 'a', displayName: 'A\u0000' }],
    ['half a character', { username: 'a', displayName: '\ud83c' }],
    ['an avatar over http', { username: 'a', displayName: 'A', avatarUrl: 'http://example.org/a.png' }],
    ['an avatar that is a script', { username: 'a', displayName: 'A', avatarUrl: 'javascript:alert(1)' }],
    ['an avatar of 2049', { username: 'a', displayName: 'A', avatarUrl: `https://example.org/${'a'.repeat(2029)}` }],
  ])('refuses a person with %s', async (_what, body) => {
    expect(await call('PUT', '/users/eve', body)).toEqual(refusal(400, 'BAD_USER_INPUT'));
    expect(await directory.user('eve')).toBeNull();
  });

  it('counts characters as people do, and takes the longest', async () => {
    const longest = {
      username: '🏮'.repeat(64),
      displayName: '🏮'.repeat(128),
      avatarUrl: `https://e.org/${'a'.repeat(2034)}`,
    };
    expect(await call('PUT', `/users/${'x'.repeat(128)}`, longest)).toEqual(DONE);
    expect(await directory.user('x'.repeat(128))).toMatchObject(longest);
  });

  it.each(['me', '.', '..', '%2E%2E', 'a b', 'a%2Fb', 'ü', `${'x'.repeat(129)}`, '%00'])(
    'refuses the id %s',
    async (id) => {
      // fetch and every browser resolve dots before they send; a raw request does not.
      const status = await new Promise((resolve) =>
        httpRequest(`${app.url}`, {
          path: `/api/internal/users/${encodeURI(decodeURI(id))}`,
          method: 'DELETE',
          headers: { 'x-secret-token': app.config.serviceToken ?? '' },
        })
          .on('response', (answer) => resolve(answer.resume().statusCode))
          .end(),
      );
      expect(status).toBe(400);
    },
  );

  it('takes __proto__ for an id like others', async () => {
    expect(await call('PUT', '/users/__proto__', { username: 'p', displayName: 'P' })).toEqual(DONE);
    expect(await directory.user('__proto__')).toMatchObject({ username: 'p' });
  });

  it('keeps contacts of one direction', async () => {
    expect(await call('PUT', '/users/alice/contacts/bob')).toEqual(DONE);
    expect(await call('PUT', '/users/alice/contacts/bob')).toEqual(DONE);
    expect(await directory.contactsOf('alice', 9)).toEqual(['bob']);
    expect(await directory.contactsOf('bob', 9)).toEqual([]);
    expect(await call('DELETE', '/users/alice/contacts/bob')).toEqual(DONE);
    expect(await call('DELETE', '/users/alice/contacts/bob')).toEqual(DONE);
    expect(await call('DELETE', '/users/nobody/contacts/bob')).toEqual(DONE);
    expect(await directory.contactsOf('alice', 9)).toEqual([]);
  });

  it('makes a conversation with its first member', async () => {
    expect(await call('PUT', '/conversations/new/members/alice')).toEqual(DONE);
    expect(await directory.membersOf('new', 9)).toEqual(['alice']);
    expect(await call('DELETE', '/conversations/new/members/alice')).toEqual(DONE);
    expect(await call('DELETE', '/conversations/never/members/alice')).toEqual(DONE);
    expect(await directory.membersOf('new', 9)).toEqual([]);
  });

  it('knows nobody who was not told', async () => {
    for (const path of [
      '/users/alice/contacts/nobody',
      '/users/nobody/contacts/alice',
      '/conversations/c/members/nobody',
    ]) {
      expect(await call('PUT', path)).toEqual(refusal(404, 'USER_NOT_FOUND'));
    }
    expect(await call('PUT', '/users/alice/contacts/me')).toEqual(refusal(400, 'BAD_USER_INPUT'));
  });
});

describe('an import', () => {
  const NDJSON = { 'content-type': 'application/x-ndjson' };
  const load = async (body: RequestInit['body'], headers: Record<string, string> = NDJSON) => {
    const answer = await fetch(`${app.url}/api/internal/import`, {
      method: 'POST',
      headers: { 'x-secret-token': app.config.serviceToken ?? '', ...headers },
      body,
      ...({ duplex: 'half' } as object),
    });
    return {
      status: answer.status,
      body: (await answer.json()) as { imported: number; rejected: { line: number; message: string }[] },
    };
  };
  const user = (id: string, displayName = id) => ({ user: { id, username: id, displayName } });
  const contact = (userId: string, contactId: string) => ({ contact: { userId, contactId } });
  const member = (conversationId: string, userId: string) => ({ member: { conversationId, userId } });
  const lines = (...values: unknown[]) =>
    values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join('\n');

  it('is done line by line, in order: nobody is known before they are named', async () => {
    const answer = await load(
      lines(
        contact('alice', 'i1'),
        user('i1'),
        contact('alice', 'i1'),
        user('i1', 'I. One'),
        member('i-room', 'i1'),
        member('i-room', 'i2'),
        user('i2'),
      ),
    );
    expect(answer).toEqual({
      status: 200,
      body: {
        success: true,
        imported: 5,
        rejected: [
          { line: 1, message: 'There is no user i1' },
          { line: 6, message: 'There is no user i2' },
        ],
      },
    });
    expect(await directory.user('i1')).toMatchObject({ displayName: 'I. One' });
    expect(await directory.contactsOf('alice', 9)).toContain('i1');
    expect(await directory.membersOf('i-room', 9)).toEqual(['i1']);
  });

  it('says what is wrong with a line, and does the others', async () => {
    const answer = await load(
      lines(
        '',
        'no json',
        '[]',
        {},
        { user: {} },
        user('bad id'),
        user('me'),
        { ...user('two'), ...contact('alice', 'bob') },
        contact('alice', 'x y'),
        member('i-room', 'alice'),
        '   ',
        { user: { id: 'a', username: 'a', displayName: 'A', avatarUrl: 'http://x' } },
        `${JSON.stringify(user('i3'))}\r`,
      ) + '\n',
    );
    expect(answer.body.imported).toBe(2);
    expect(answer.body.rejected).toEqual([
      { line: 2, message: 'The line is not JSON' },
      { line: 3, message: expect.any(String) as string },
      { line: 4, message: 'The line must be an object with one of user, contact and member' },
      { line: 5, message: 'user.id is not a valid id' },
      { line: 6, message: 'user.id is not a valid id' },
      { line: 7, message: 'user.id is not a valid id' },
      { line: 8, message: 'The line must be an object with one of user, contact and member' },
      { line: 9, message: 'contact.contactId is not a valid id' },
      { line: 12, message: 'user.avatarUrl must be an https URL' },
    ]);
  });

  it('takes a line of 64 KiB and not one byte more, wherever the network cuts it', async () => {
    const padded = (id: string, bytes: number) => {
      const line = JSON.stringify(user(id));
      return line + ' '.repeat(bytes - line.length);
    };
    const text = Buffer.from(`${padded('k64', 65536)}\n${padded('k65', 65537)}\n${JSON.stringify(user('after'))}`);
    const pieces = Array.from({ length: Math.ceil(text.length / 999) }, (_, i) =>
      text.subarray(i * 999, (i + 1) * 999),
    );
    const answer = await load(Readable.toWeb(Readable.from(pieces)) as ReadableStream);
    expect(answer.body.rejected).toEqual([{ line: 2, message: 'The line has more than 65536 bytes' }]);
    expect(answer.body.imported).toBe(2);
    expect(await directory.user('after')).not.toBeNull();
  });

  it('refuses bytes that are no text, and names with characters no table takes', async () => {
    const answer = await load(
      Buffer.concat([Buffer.from([0xff, 0xfe, 10]), Buffer.from(JSON.stringify(user('nul', 'a\u0000b')))]),
    );
    expect(answer.body).toMatchObject({
      imported: 0,
      rejected: [
        { line: 1, message: 'The line is not UTF-8' },
        { line: 2, message: 'user.displayName must not hold control characters' },
      ],
    });
  });

  it('lists the first thousand of the lines it rejected', async () => {
    const answer = await load(lines(...Array.from({ length: 2500 }, () => 'x'), user('i4')));
    expect(answer.body.imported).toBe(1);
    expect(answer.body.rejected).toHaveLength(1000);
    expect(answer.body.rejected.at(-1)?.line).toBe(1000);
  });

  it('takes far more than a body of another kind may have, and the same again without harm', async () => {
    const many = lines(
      ...Array.from({ length: 10_000 }, (_, i) => user(`bulk-${i}`)),
      ...Array.from({ length: 10_000 }, (_, i) => contact(`bulk-${i}`, `bulk-${(i + 1) % 10_000}`)),
      ...Array.from({ length: 10_000 }, (_, i) => member(`bulk-room-${i % 100}`, `bulk-${i}`)),
    );
    expect(many.length).toBeGreaterThan(1024 * 1024);
    for (let round = 0; round < 2; round += 1) {
      expect((await load(many)).body).toEqual({ success: true, imported: 30_000, rejected: [] });
    }
    expect(await directory.contactsOf('bulk-9999', 9)).toEqual(['bulk-0']);
    expect(await directory.membersOf('bulk-room-7', 1000)).toHaveLength(100);
  });

  it('is empty when there is nothing in it', async () => {
    expect((await load('')).body).toEqual({ success: true, imported: 0, rejected: [] });
  });

  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded'])(
    'is not taken as %s',
    async (type) => {
      expect(await load('{}', { 'content-type': type })).toEqual(refusal(400, 'BAD_USER_INPUT'));
    },
  );

  it('keeps what was committed when the client goes away in the middle', async () => {
    const begun = httpRequest(`${app.url}/api/internal/import`, {
      method: 'POST',
      headers: { 'x-secret-token': app.config.serviceToken ?? '', ...NDJSON },
    });
    begun.on('error', () => {});
    begun.write(`${lines(...Array.from({ length: 1500 }, (_, i) => user(`gone-${i}`)))}\n`);
    await expect.poll(() => directory.user('gone-999'), { timeout: 5000 }).not.toBeNull();
    begun.destroy();
    expect(await directory.user('gone-1499')).toBeNull();
    expect((await load(lines(user('still-here')))).body.imported).toBe(1);
  });
});
