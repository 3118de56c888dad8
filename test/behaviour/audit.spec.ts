import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Audit } from '../../src/kernel/audit/audit.service.js';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';

let app: TestApp;
let database: DataSource;
beforeAll(async () => {
  app = await TestApp.start({ RATE_LIMITS: 'off', AUDIT_RETENTION_DAYS: '30' });
  database = app.nest.get(DataSource);
  await app.befriend('ann', 'ben');
});
beforeEach(() => database.query('TRUNCATE audit'));
afterAll(() => app.stop());

const rows = () =>
  database.query<object[]>('SELECT actor_id AS actor, action, subject_id AS subject, fields FROM audit ORDER BY id');
const ann = () => graphql.calls(app, 'ann');
const row = (action: string, fields: object, subject: string | null = 'ann', actor: string | null = 'ann') => ({
  actor,
  action,
  subject,
  fields,
});

function byBackEnd(method: string, path: string, body?: string, headers: Record<string, string> = {}) {
  return fetch(`${app.url}${path}`, {
    method,
    headers: { 'x-secret-token': app.config.serviceToken ?? '', 'content-type': 'application/json', ...headers },
    body: body ?? null,
  });
}

describe('on the record', () => {
  it('is what somebody chose to be shown as, and that they wrote something, not what', async () => {
    await ann().choose({ status: 'IDLE', message: { text: 'secret plans' } });
    await ann().choose({ status: 'INVISIBLE' });
    await ann().choose({ clearMessage: true });
    expect(await rows()).toEqual([
      row('custom-status', { status: ['ONLINE', 'IDLE'], message: [false, true] }),
      row('custom-status', { status: ['IDLE', 'INVISIBLE'] }),
      row('custom-status', { message: [true, false] }),
    ]);
  });

  it('is whom somebody lets see what, and whom they block, each once', async () => {
    await ann().setPrivacy({ lastSeen: 'NOBODY', neverUserIds: ['ben'] });
    await ann().setPrivacy({});
    await ann().block('ben');
    await ann().block('ben');
    await ann().unblock('ben');
    expect(await rows()).toEqual([
      row('privacy', { lastSeen: ['EVERYONE', 'NOBODY'], never: [0, 1] }),
      row('block', {}, 'ben'),
      row('unblock', {}, 'ben'),
    ]);
  });

  it('is what a back end did', async () => {
    await byBackEnd('PUT', '/api/user/realtime', '{"status":"ONLINE"}', { 'x-user-id': 'ann' });
    await byBackEnd('PUT', '/api/internal/users/new', '{"username":"new","displayName":"New"}');
    await byBackEnd('PUT', '/api/internal/users/new/contacts/ann');
    await byBackEnd('PUT', '/api/internal/users/new/contacts/ann');
    await byBackEnd('PUT', '/api/internal/conversations/hall/members/new');
    await byBackEnd('DELETE', '/api/internal/conversations/hall/members/new');
    await byBackEnd('DELETE', '/api/internal/users/new/contacts/ann');
    await byBackEnd('DELETE', '/api/internal/users/new');
    await byBackEnd('DELETE', '/api/internal/users/new');
    const lines =
      '{"user":{"id":"x","username":"x","displayName":"X"}}\n{"contact":{"userId":"x","contactId":"ann"}}\n';
    await byBackEnd('POST', '/api/internal/import', lines, { 'content-type': 'application/x-ndjson' });
    expect(await rows()).toEqual([
      row('override', { status: 'ONLINE' }, 'ann', null),
      row('user-put', {}, 'new', null),
      row('contact-put', { contactId: 'ann' }, 'new', null),
      row('member-put', { conversationId: 'hall' }, 'new', null),
      row('member-deleted', { conversationId: 'hall' }, 'new', null),
      row('contact-deleted', { contactId: 'ann' }, 'new', null),
      row('user-deleted', {}, 'new', null),
      row('import', { users: 1, contacts: 1, members: 0 }, null, null),
    ]);
  });

  it('is nothing that was refused, and nothing that only happened', async () => {
    await ann()
      .choose({ message: { text: '' } })
      .catch(() => {});
    await ann()
      .block('ghost')
      .catch(() => {});
    await ann()
      .setPrivacy({ lastSeen: 'NOBODY', showLastSeen: true })
      .catch(() => {});
    await ann().heartbeat();
    await ann().goOffline();
    await ann().see('ben');
    expect(await rows()).toEqual([]);
  });

  it('is everything for as long as it is to be kept', async () => {
    await database.query(
      `INSERT INTO audit (at, action, fields)
       SELECT now() - make_interval(days => d), 'import', '{}' FROM unnest(ARRAY[29, 31, 400]) AS d`,
    );
    await app.nest.get(Audit).prune();
    expect(await database.query<object[]>('SELECT 1 FROM audit')).toHaveLength(1);
  });
});
