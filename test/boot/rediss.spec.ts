import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Instance } from '../support/instances.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { freePort, PrivateRedis } from '../support/redis.js';

/** A certificate for this machine that nobody trusts who is not told to. */
const SELF_MADE = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=redis -days 1';

describe('Redis behind TLS', () => {
  let folder: string;
  let redis: PrivateRedis;
  let database: TestDatabase;
  let settings: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lamplight-rediss-'));
    const [cert, key, port] = [join(folder, 'cert.pem'), join(folder, 'key.pem'), await freePort()];
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-out', cert, '-keyout', key];
    await promisify(execFile)('openssl', [...SELF_MADE.split(' '), ...names]);
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    redis = await PrivateRedis.start('--tls-port', String(port), ...files, '--tls-auth-clients', 'no');
    database = await startPostgres();
    settings = { REDIS_URL: `rediss://127.0.0.1:${port}`, DATABASE_URL: database.url, NODE_ENV: 'test' };
  });
  afterAll(async () => {
    await redis.stop();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps presence for an instance that trusts its certificate', async () => {
    const instance = await Instance.start({ ...settings, NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') });
    const ann = await instance.joins('ann');
    expect(await ann.http.heartbeat()).toMatchObject({ success: true, presence: { status: 'ONLINE' } });
    expect((await fetch(`${instance.url}/health/ready`)).status).toBe(200);
    expect(await redis.admin.keys('lamp:p:*:u:ann')).toHaveLength(1);
    expect(await instance.stop()).toBe(0);
    await instance.clear();
  });
});
