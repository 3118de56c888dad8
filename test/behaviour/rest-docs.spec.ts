import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv } from 'ajv';
import * as formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TestApp } from '../support/app.js';

interface Operation {
  readonly security?: unknown[];
  readonly responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
}

let app: TestApp;
let document: Document;
beforeAll(async () => {
  app = await TestApp.start();
  await app.befriend('ann', 'ben');
  document = (await (await fetch(`${app.url}/api/docs-json`)).json()) as Document;
});
afterAll(() => app.stop());

describe('somebody who reads the documentation of the REST API', () => {
  it('finds a document that is valid OpenAPI', async () => {
    expect(await new Validator().validate({ ...structuredClone(document) })).toEqual({ valid: true });
  });

  it('finds every call of the API, and how to prove who one is for each', () => {
    const calls = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { security }]) => {
        const way = Object.keys(security?.[0] ?? {})[0];
        return `${method.toUpperCase()} ${path} ${way ?? 'by nobody'}`;
      }),
    );
    expect(calls.sort()).toEqual([
      'DELETE /api/internal/conversations/{id}/members/{userId} serviceToken',
      'DELETE /api/internal/users/{id} serviceToken',
      'DELETE /api/internal/users/{id}/contacts/{contactId} serviceToken',
      'GET /api/online-users bearer',
      'GET /api/user/custom-status/{userId} serviceToken',
      'GET /api/v1/users/status bearer',
      'GET /api/v1/users/{id}/status bearer',
      'GET /users/online bearer',
      'POST /api/internal/import serviceToken',
      'PUT /api/internal/conversations/{id}/members/{userId} serviceToken',
      'PUT /api/internal/users/{id} serviceToken',
      'PUT /api/internal/users/{id}/contacts/{contactId} serviceToken',
      'PUT /api/user/custom-status bearer',
      'PUT /api/user/realtime serviceToken',
      'PUT /api/v1/users/me/privacy bearer',
    ]);
  });

  it.each<[string, string, string, string, unknown?]>([
    ['get', '/api/v1/users/{id}/status', '200', '/api/v1/users/ben/status'],
    ['get', '/api/v1/users/{id}/status', '404', '/api/v1/users/ghost/status'],
    ['get', '/api/v1/users/status', '200', '/api/v1/users/status?user_ids=ann,ghost'],
    ['get', '/api/v1/users/status', '400', '/api/v1/users/status?user_ids=a%20b'],
    ['get', '/api/online-users', '200', '/api/online-users'],
    ['get', '/api/online-users', '200', '/api/online-users?countOnly=true'],
    ['get', '/users/online', '200', '/users/online'],
    ['put', '/api/v1/users/me/privacy', '200', '/api/v1/users/me/privacy', {}],
    ['put', '/api/user/custom-status', '200', '/api/user/custom-status', { customStatus: 'IDLE' }],
    ['put', '/api/user/custom-status', '400', '/api/user/custom-status', { customStatus: 'NONE' }],
    ['put', '/api/user/realtime', '200', '/api/user/realtime', { status: 'ONLINE' }],
    ['get', '/api/user/custom-status/{userId}', '200', '/api/user/custom-status/ben'],
    ['put', '/api/internal/users/{id}', '200', '/api/internal/users/dan', { username: 'dan', displayName: 'Dan' }],
    ['put', '/api/internal/users/{id}', '400', '/api/internal/users/dan', {}],
  ])('is answered %s %s as it says for %s', async (method, path, status, url, body) => {
    const answer = await fetch(`${app.url}${url}`, {
      method,
      headers: {
        authorization: `Bearer ${app.token('ann')}`,
        'x-secret-token': app.config.serviceToken ?? '',
        'x-user-id': 'ben',
        'content-type': 'application/json',
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    expect(String(answer.status)).toBe(status);
    const schema = document.paths[path]?.[method]?.responses[status]?.content?.['application/json']?.schema;
    const ajv = new Ajv({ strict: false });
    formats.default.default(ajv);
    const given: unknown = await answer.json();
    expect(ajv.validate(schema ?? false, given) || ajv.errors).toBe(true);
  });

  it('gets a page that loads nothing from elsewhere', async () => {
    const page = await fetch(`${app.url}/api/docs`);
    const html = await page.text();
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
    const sources = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(
      (match) => new URL(match[1] ?? '', page.url).href,
    );
    expect(sources.length).toBeGreaterThan(3);
    for (const source of sources) {
      expect(source.startsWith(app.url)).toBe(true);
      expect((await fetch(source)).status).toBe(200);
    }
    // Scripts inside the page would be refused by its own policy.
    expect(html).not.toMatch(/<script>|<script type/);
  });

  it('finds nothing where it is turned off', async () => {
    const other = await TestApp.start({ API_DOCS: 'false', DATABASE_URL: app.databaseUrl });
    expect((await fetch(`${other.url}/api/docs-json`)).status).toBe(404);
    expect((await fetch(`${other.url}/api/docs`)).status).toBe(404);
    await other.stop();
  });
});
