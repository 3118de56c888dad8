import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ NODE_ENV: 'development' });
  await app.know('alice');
});
afterAll(() => app.stop());

const call = (path: string, init?: RequestInit) => fetch(`${app.url}${path}`, init);
const post = (path: string, body: string, type = 'application/json') =>
  call(path, { method: 'POST', body, headers: { 'content-type': type } });
const refusal = (code: string) => ({ success: false, error: { code, message: expect.any(String) as string } });

describe('anybody who calls over HTTP', () => {
  it('hears that the process lives and is ready', async () => {
    const live = await call('/health/live');
    expect([live.status, await live.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await call('/health/ready');
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ok', checks: { postgres: 'up' } }]);
  });

  it.each([
    ['GET', '/nowhere', 404, 'NOT_FOUND'],
    ['GET', '/%ff', 404, 'NOT_FOUND'],
    ['DELETE', '/health/live', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/dev/token', 405, 'METHOD_NOT_ALLOWED'],
  ])('is told in one form about %s %s', async (method, path, status, code) => {
    const answer = await call(path, { method });
    expect([answer.status, await answer.json()]).toEqual([status, refusal(code)]);
  });

  it('learns nothing of the machinery behind', async () => {
    const answer = await call('/nowhere');
    expect(answer.headers.get('x-powered-by')).toBeNull();
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(await answer.text()).not.toContain('/nowhere');
  });

  it('is refused broken JSON, texts in the place of objects, and bodies over 256 KiB', async () => {
    const broken = await post('/dev/token', '{"userId":');
    expect([broken.status, await broken.json()]).toEqual([400, refusal('BAD_USER_INPUT')]);
    const text = await post('/dev/token', '"alice"');
    expect([text.status, await text.json()]).toEqual([400, refusal('BAD_USER_INPUT')]);
    const long = await post('/dev/token', JSON.stringify({ userId: 'x'.repeat(256 * 1024) }));
    expect([long.status, await long.json()]).toEqual([413, refusal('BAD_USER_INPUT')]);
  });

  it('may send 80 KiB of headers, and is refused more', async () => {
    expect((await call(`/health/live?ids=${'x'.repeat(79 * 1024)}`)).status).toBe(200);
    expect(await statusOf(`GET /health/live?ids=${'x'.repeat(81 * 1024)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toBe('431');
  });
});

describe('a page in a browser', () => {
  it.each(['http://localhost:5173', 'https://127.0.0.1', 'http://[::1]:8080'])(
    'of this machine (%s) may call',
    async (origin) => {
      const answer = await call('/health/live', { headers: { origin } });
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    },
  );

  it.each(['null', 'https://localhost.example.com', 'http://evil.example', 'file://'])(
    'of elsewhere (%s) gets no leave',
    async (origin) => {
      const answer = await call('/health/live', { headers: { origin } });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('vary')).toContain('Origin');
    },
  );
});

describe('a developer', () => {
  it('gets a token for somebody in the directory, and only for them', async () => {
    const known = await post('/dev/token', '{"userId":"alice"}');
    expect([known.status, await known.json()]).toEqual([200, { token: expect.stringMatching(/^ey/) as string }]);
    const unknown = await post('/dev/token', '{"userId":"nobody"}');
    expect([unknown.status, await unknown.json()]).toEqual([404, refusal('USER_NOT_FOUND')]);
    const none = await call('/dev/token', { method: 'POST' });
    expect([none.status, await none.json()]).toEqual([400, refusal('BAD_USER_INPUT')]);
  });
});

/** The status of an answer to raw bytes. */
function statusOf(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1', () => socket.write(request));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(/^HTTP\/1\.1 (\d{3})/.exec(data.toString())?.[1] ?? '');
    });
    socket.once('error', reject);
  });
}
