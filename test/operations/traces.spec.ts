import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { LamplightProcess } from '../support/process.js';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly parentSpanId?: string;
}

describe('somebody who follows a request through the parts', () => {
  let folder: string;
  let collector: Server;
  let database: TestDatabase;
  let received = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lamplight-traces-'));
    database = await startPostgres();
    collector = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => (received += chunk.toString()));
      request.on('end', () => response.end('{}'));
    });
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
  });
  afterEach(async () => {
    collector.close();
    await database.drop();
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

  it('finds it with its statements in whatever collector the standard variables name, and no token in it', async () => {
    const { port } = collector.address() as AddressInfo;
    const lamplight = LamplightProcess.spawn(
      {
        PORT: '0',
        DATABASE_URL: database.url,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      },
      folder,
    );
    const url = await lamplight.ready();
    await fetch(`${url}/health/live`);
    await fetch(`${url}/dev/token?token=do-not-keep-me`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"userId":"alice"}',
    });
    // Stopping sends what is left.
    expect(await lamplight.stop()).toBe(0);
    const spans = [
      ...received.matchAll(/"traceId":"(\w+)","spanId":"\w+",(?:"parentSpanId":"(\w+)",)?[^{}]*?"name":"([^"]+)"/g),
    ].map(([, traceId = '', parentSpanId, name = '']): Span => ({
      traceId,
      name,
      ...(parentSpanId && { parentSpanId }),
    }));
    const request = spans.find(({ name }) => name === 'POST');
    expect(request).toBeDefined();
    expect(spans.some(({ name, traceId }) => name.startsWith('pg.query') && traceId === request?.traceId)).toBe(true);
    expect(received).toContain('lamplight');
    expect(received).not.toContain('do-not-keep-me');
    expect(received).not.toContain('/health/live');
  }, 60_000);
});
