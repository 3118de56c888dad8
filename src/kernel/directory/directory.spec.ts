import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { startKernel } from '../../../test/support/kernel.js';
import type { Kernel } from '../../../test/support/kernel.js';
import { startPostgres } from '../../../test/support/postgres.js';
import type { TestDatabase } from '../../../test/support/postgres.js';

const person = (id: string, displayName = id) => ({ id, username: id, displayName, avatarUrl: null });

let postgres: TestDatabase;
let kernel: Kernel;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.drop());
beforeEach(async () => {
  kernel = await startKernel(postgres.url);
  await kernel.database.query('TRUNCATE users, conversations CASCADE');
});
afterEach(() => kernel.close());

/** Statements that reach Postgres while `work` runs, those of the poll left out. */
async function statements(work: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  const { database } = kernel;
  const query = database.query.bind(database);
  database.query = (async (sql: string, values: unknown[]) => {
    if (!sql.includes('changes')) seen.push(sql);
    return query(sql, values);
  }) as typeof database.query;
  await work();
  database.query = query;
  return seen;
}

describe('users', () => {
  it('are read in one statement, however many ask at once, and then from memory', async () => {
    const { directory } = kernel;
    for (const id of ['ann', 'ben', 'cid']) await directory.putUser(person(id));
    const first = await statements(async () => {
      const [ann, two, nobody] = await Promise.all([
        directory.user('ann'),
        directory.users(['ben', 'cid', 'ben']),
        directory.user('nobody'),
      ]);
      expect(ann).toEqual(person('ann'));
      expect([...two.keys()].sort()).toEqual(['ben', 'cid']);
      expect(nobody).toBeNull();
    });
    expect(first).toHaveLength(1);
    expect(await statements(() => directory.users(['ann', 'ben', 'cid', 'nobody']))).toEqual([]);
  });

  it('are seen with their new name as soon as it is stored, and as nobody when they are gone', async () => {
    const { directory } = kernel;
    await directory.putUser(person('ann'));
    await directory.user('ann');
    await directory.putUser({ ...person('ann', 'Ann B.'), avatarUrl: 'https://example.org/ann.png' });
    expect(await directory.user('ann')).toEqual({
      ...person('ann', 'Ann B.'),
      avatarUrl: 'https://example.org/ann.png',
    });
    await directory.deleteUser('ann');
    expect(await directory.user('ann')).toBeNull();
    await directory.deleteUser('ann');
    await directory.putUser(person('ann'));
    expect(await directory.user('ann')).toEqual(person('ann'));
  });

  it('cause no event when nothing about them is new', async () => {
    const { directory, changes } = kernel;
    await directory.putUser(person('ann'));
    await directory.putUser(person('ben'));
    await directory.putContact('ann', 'ben');
    await directory.putMember('room', 'ann');
    const heard: unknown[] = [];
    changes.on((change) => heard.push(change));
    await directory.putUser(person('ann'));
    await directory.putContact('ann', 'ben');
    await directory.putMember('room', 'ann');
    await directory.deleteContact('ben', 'ann');
    await directory.deleteMember('room', 'ben');
    await directory.deleteUser('nobody');
    expect(heard).toEqual([]);
  });

  it('may be called __proto__', async () => {
    const { directory } = kernel;
    await directory.putUser(person('__proto__'));
    expect((await directory.users(['__proto__'])).get('__proto__')).toEqual(person('__proto__'));
  });

  it('are refused, not made up, when Postgres is away', async () => {
    const { directory, database } = kernel;
    await directory.putUser(person('ann'));
    await directory.user('ann');
    await database.destroy();
    expect(await directory.user('ann')).toEqual(person('ann'));
    await expect(directory.user('ben')).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await expect(directory.putUser(person('ben'))).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});

describe('contacts and conversations', () => {
  beforeEach(async () => {
    for (const id of ['ann', 'Zed', 'ben', '_x', '@y', '0']) await kernel.directory.putUser(person(id));
  });

  it('are listed in the order of code points, up to a limit', async () => {
    const { directory } = kernel;
    for (const id of ['Zed', 'ben', '_x', '@y', '0']) await directory.putContact('ann', id);
    expect(await directory.contactsOf('ann', 10)).toEqual(['0', '@y', 'Zed', '_x', 'ben']);
    expect(await directory.contactsOf('ann', 2)).toEqual(['0', '@y']);
    expect(await directory.contactsOf('ben', 10)).toEqual([]);
    for (const id of ['b', 'A', '_']) await directory.putMember(id, 'ann');
    expect(await directory.conversationsOf('ann', 10)).toEqual(['A', '_', 'b']);
    for (const id of ['ben', 'Zed']) await directory.putMember('b', id);
    expect(await directory.membersOf('b', 10)).toEqual(['Zed', 'ann', 'ben'].sort());
  });

  it('know who is a member at once after it changed', async () => {
    const { directory } = kernel;
    expect(await directory.isMember('room', 'ann')).toBe(false);
    await directory.putMember('room', 'ann');
    expect(await directory.isMember('room', 'ann')).toBe(true);
    expect(await statements(() => directory.isMember('room', 'ann'))).toEqual([]);
    await directory.deleteMember('room', 'ann');
    expect(await directory.isMember('room', 'ann')).toBe(false);
  });

  it('go with the user', async () => {
    const { directory } = kernel;
    await directory.putContact('ann', 'ben');
    await directory.putContact('ben', 'ann');
    await directory.putMember('room', 'ben');
    expect(await directory.isMember('room', 'ben')).toBe(true);
    await directory.deleteUser('ben');
    expect(await directory.isMember('room', 'ben')).toBe(false);
    expect(await directory.contactsOf('ann', 10)).toEqual([]);
    await directory.putUser(person('ben'));
    expect(await directory.contactsOf('ben', 10)).toEqual([]);
  });

  it('are refused for a user who does not exist, and leave no conversation behind', async () => {
    const { directory, database } = kernel;
    for (const attempt of [
      () => directory.putContact('ann', 'nobody'),
      () => directory.putContact('nobody', 'ann'),
      () => directory.putContact('nobody', 'nobody'),
      () => directory.putMember('room', 'nobody'),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    }
    expect(await database.query('SELECT * FROM conversations')).toEqual([]);
  });

  it('do not have oneself as a contact', async () => {
    await kernel.directory.putContact('ann', 'ann');
    expect(await kernel.directory.contactsOf('ann', 10)).toEqual([]);
  });
});
