import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataSource } from 'typeorm';

import { Directory } from '../../src/kernel/directory/directory.service.js';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';
import { codeOf } from '../support/pages.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';

const PAGE = 'docs/back-end.md';

describe('a back-end developer who follows the page', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it('sees every command of it work', async () => {
    const script = ['set -euo pipefail', ...(await codeOf(PAGE, 'sh'))].join('\n');
    const env = { ...process.env, LAMPLIGHT: app.url, SERVICE_TOKEN: app.config.serviceToken ?? '' };
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { env });
    const answers = stdout.split(/\n|(?<=\})(?=\{)/).filter((line) => line !== '');
    expect(answers.every((answer) => answer.startsWith('{'))).toBe(true);
    expect(stdout).toContain('"imported":5,"rejected":[{"line":6,');
    expect(stdout).toContain('{"customStatus":"ONLINE"}');
    expect(stdout).toContain('"rule":"Offline: nothing holds presence');

    const directory = app.nest.get(Directory);
    expect(await directory.user('erin')).toMatchObject({ displayName: 'Erin' });
    expect(await directory.user('frank')).toBeNull();
    expect(await directory.contactsOf('heidi', 10)).toEqual(['grace']);
    expect(await directory.membersOf('standup', 10)).toEqual(['erin', 'grace']);
  });
});

describe('a back-end developer with tables of their own', () => {
  const [ann, ben] = [randomUUID(), randomUUID()];
  const room = randomUUID();
  let database: TestDatabase;
  let theirs: DataSource;
  let app: TestApp;

  beforeAll(async () => {
    database = await startPostgres();
    await (await TestApp.start({ DATABASE_URL: database.url })).stop();
    theirs = await new DataSource({ type: 'postgres', url: database.url }).initialize();
    for (const sql of await codeOf(PAGE, 'sql')) await theirs.query(sql);
    for (const [id, login] of [
      [ann, 'ann'],
      [ben, 'ben'],
    ] as const)
      await theirs.query('INSERT INTO app.people VALUES ($1, $2, $2)', [id, login]);
    await theirs.query('INSERT INTO app.friends VALUES ($1, $2), ($2, $1)', [ann, ben]);
    app = await TestApp.start({ DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await app.stop();
    await theirs.destroy();
    await database.drop();
  });

  it('has presence, privacy and typing over them', async () => {
    const watcher = await graphql.connect(app, ben, { presence: false });
    const views = watcher.watch({ snapshot: true });
    await views.until((view) => view.status === 'OFFLINE', 5000);
    const device = await graphql.connect(app, ann, {});
    await views.until((view) => view.status === 'ONLINE' && view.user.displayName === 'ann', 5000);

    const calls = graphql.calls(app, ann);
    await calls.choose({ status: 'DO_NOT_DISTURB', message: { text: 'In a meeting' } });
    await views.until((view) => view.message?.text === 'In a meeting', 5000);
    await calls.setPrivacy({ online: 'CONTACTS', neverUserIds: [ben] });
    await views.until((view) => view.status === 'OFFLINE', 5000);
    await calls.setPrivacy({ neverUserIds: [] });
    await views.until((view) => view.status === 'DO_NOT_DISTURB', 5000);
    await calls.block(ben);
    await views.until((view) => view.status === 'OFFLINE', 5000);
    await calls.unblock(ben);
    await views.until((view) => view.status === 'DO_NOT_DISTURB', 5000);

    // Membership as the tables have it, also after a change that Lamplight was not there for.
    await expect(calls.startTyping(room)).rejects.toThrow('CONVERSATION_NOT_FOUND');
    await theirs.query('INSERT INTO app.room_people VALUES ($1, $2), ($1, $3)', [room, ann, ben]);
    await expect
      .poll(
        () =>
          calls.startTyping(room).then(
            () => true,
            () => false,
          ),
        { timeout: 5000 },
      )
      .toBe(true);

    await theirs.query('DELETE FROM app.friends WHERE person_id = $1', [ann]);
    await views.until((view) => view.status === 'OFFLINE', 5000);
    await theirs.query('INSERT INTO app.friends VALUES ($1, $2)', [ann, ben]);
    await views.until((view) => view.status === 'DO_NOT_DISTURB', 5000);

    await theirs.query('DELETE FROM app.people WHERE id = $1', [ann]);
    expect(await device.closed).toBe(4401);
    await views.until((view) => view.status === 'OFFLINE', 5000);
    await expect.poll(() => theirs.query('SELECT user_id FROM last_seen'), { timeout: 5000 }).toEqual([]);
    await watcher.leave();
  }, 60_000);

  it('has their people found by the indexes', async () => {
    await theirs.query('SET enable_seqscan = off');
    const plan = async (sql: string, ...values: unknown[]) =>
      JSON.stringify(await theirs.query(`EXPLAIN ${sql}`, values));
    expect(await plan('SELECT * FROM users WHERE id = ANY($1)', [ann])).toContain('Index');
    expect(await plan('SELECT contact_id FROM contacts WHERE owner_id = $1 ORDER BY 1 LIMIT 10', ann)).toContain(
      'Index',
    );
    expect(await plan('SELECT user_id FROM conversation_members WHERE conversation_id = $1', room)).toContain('Index');
    expect(await plan('SELECT conversation_id FROM conversation_members WHERE user_id = $1', ann)).toContain('Index');
  });
});
