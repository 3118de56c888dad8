import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

import { scrub } from '../../src/kernel/logging/scrub.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { LamplightProcess } from '../support/process.js';
import { forge, hmac } from '../support/tokens.js';

const SECRET = 'a secret of production, which is long enough';
const SERVICE_TOKEN = 'the-service-token-of-production';

const tokenOf = (userId: string, secret = SECRET) =>
  forge({ alg: 'HS256', typ: 'JWT' }, { sub: userId, exp: Math.floor(Date.now() / 1000) + 60 }, hmac(secret));

describe('a secret that gets into a line of the log', () => {
  const token = tokenOf('ann');

  it.each([
    ['a token', `{"msg":"cannot read ${token}"}`, '{"msg":"cannot read [token]"}'],
    [
      'a token in an address',
      `{"url":"/ws?token=${token}&events=simple"}`,
      '{"url":"/ws?token=[token]&events=simple"}',
    ],
    ['an opaque token in an address', '{"url":"/ws?token=abc&a=b"}', '{"url":"/ws?token=[secret]&a=b"}'],
    ['a bearer token', '{"authorization":"Bearer abc.def"}', '{"authorization":"Bearer [token]"}'],
    ['the service token', '{"x-secret-token":"abc"}', '{"x-secret-token":"[secret]"}'],
    ['the password of a database', 'at postgres://lamp:p4ss@db:5432/x', 'at postgres://lamp:[secret]@db:5432/x'],
    ['the password of Redis', 'at redis://:p4ss@cache:6379', 'at redis://:[secret]@cache:6379'],
  ])('is taken out: %s', (_what, line, clean) => {
    expect(scrub(line)).toBe(clean);
  });

  it('leaves everything else as it is', () => {
    const line = '{"level":"warn","time":"2026-01-01T00:00:00.000Z","msg":"A token was refused: invalid"}';
    expect(scrub(line)).toBe(line);
  });
});

describe('somebody who reads the log of production', () => {
  let database: TestDatabase;
  let folder: string;
  let lamplight: LamplightProcess;
  let url: string;

  beforeAll(async () => {
    database = await startPostgres();
    folder = await mkdtemp(join(tmpdir(), 'lamplight-logs-'));
    const env = {
      NODE_ENV: 'production',
      PORT: '0',
      DATABASE_URL: database.url,
      JWT_SECRET: SECRET,
      SERVICE_TOKEN,
      INSTANCE_ID: 'one',
    };
    lamplight = LamplightProcess.spawn(env, folder);
    url = await lamplight.ready();
  });
  afterAll(async () => {
    await lamplight.stop();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const lines = () =>
    lamplight.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const get = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers });

  it('finds one JSON object a line, with the time, the level and the instance', () => {
    expect(lines().length).toBeGreaterThan(0);
    for (const line of lines()) {
      expect(line).toMatchObject({ level: expect.stringMatching(/^(info|warn|error)$/) as unknown, instance: 'one' });
      expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
  });

  it('is not told of each request, and once of many that are refused', async () => {
    const before = lines().length;
    for (let i = 0; i < 30; i += 1) {
      await get('/health/live');
      expect((await get('/users/online', { authorization: `Bearer ${tokenOf('ann', 'another secret')}` })).status).toBe(
        401,
      );
    }
    await vi.waitFor(() => expect(lines().length).toBeGreaterThan(before));
    const told = lines().slice(before);
    expect(told).toMatchObject([{ level: 'warn', context: 'Auth', msg: 'A token was refused: invalid' }]);
    expect(told[0]?.['request']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('finds a request again by the id that its client gave or was given', async () => {
    expect((await get('/health/live', { 'x-request-id': 'from-the-proxy.1' })).headers.get('x-request-id')).toBe(
      'from-the-proxy.1',
    );
    const forged = await get('/health/live', { 'x-request-id': 'a b"c' });
    expect(forged.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is told of a page that may not connect, and of no secret', async () => {
    const token = tokenOf('ann');
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql?token=${token}`, 'graphql-transport-ws', {
      origin: 'https://elsewhere.example"',
      headers: { authorization: `Bearer ${token}` },
    });
    const status = await new Promise((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('error', () => undefined);
    });
    expect(status).toBe(403);
    const told = expect.stringContaining('https://elsewhere.example" may not') as unknown;
    await vi.waitFor(() => expect(lines()).toContainEqual(expect.objectContaining({ level: 'warn', msg: told })));
    await get('/api/internal/users/ann', { 'x-secret-token': 'wrong-but-secret' });
    expect(lamplight.stdout).not.toContain(token);
    expect(lamplight.stdout).not.toContain('wrong-but-secret');
    expect(lamplight.stdout).not.toContain(SERVICE_TOKEN);
    expect(lamplight.stdout).not.toContain(SECRET);
  });
});
