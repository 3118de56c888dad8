import { connect, type IncomingHttpHeaders } from 'node:http2';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApp } from '../support/app.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { freePort } from '../support/redis.js';

const UNIMPLEMENTED = '12';

let database: TestDatabase;
beforeAll(async () => {
  database = await startPostgres();
});
afterAll(() => database.drop());

/** Asks the reflection service for all services; the answer's bytes as text, or the status it is refused with. */
async function listServices(port: number): Promise<string> {
  const session = connect(`http://127.0.0.1:${port}`);
  const call = session.request({
    ':method': 'POST',
    ':path': '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  // ServerReflectionRequest.list_services is field 7, a text.
  call.end(Buffer.from([0, 0, 0, 0, 3, 0x3a, 1, 0x2a]));
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    call.on('response', ({ 'grpc-status': status }: IncomingHttpHeaders) => {
      if (typeof status === 'string' && status !== '0') resolve(status);
    });
    call.on('data', (chunk: Buffer) => chunks.push(chunk));
    call.on('end', () => resolve(Buffer.concat(chunks).toString('latin1')));
    call.on('close', () => session.close());
  });
}

it.each([
  ['a developer', 'development', (answer: string) => answer.includes('users.status.UserStatusService')],
  ['a stranger in production', 'production', (answer: string) => answer === UNIMPLEMENTED],
])('%s asks what the gRPC port offers', async (_who, environment, expected) => {
  const port = await freePort();
  const app = await TestApp.start({ NODE_ENV: environment, GRPC_PORT: String(port), DATABASE_URL: database.url });
  expect(await listServices(port)).toSatisfy(expected);
  const docs = await fetch(`${app.url}/api/docs-json`);
  expect(docs.status).toBe(environment === 'production' ? 404 : 200);
  await app.stop();
});
