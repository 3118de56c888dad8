import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ConfigError, loadConfig } from './config.js';
import type { Environment } from './config.js';
import { allowsOrigin } from './origins.js';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'lamplight-config-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const SECRET = 'a'.repeat(32);
const development = (env: Environment = {}) => loadConfig({ DATA_DIR: dataDir, ...env });
const production = (env: Environment = {}) => loadConfig({ NODE_ENV: 'production', DATA_DIR: dataDir, ...env });

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('an operator who sets nothing', () => {
  it('gets development on the usual ports with the documented defaults', () => {
    expect(development()).toMatchObject({
      production: false,
      port: 3000,
      host: '0.0.0.0',
      grpcPort: 50051,
      databaseUrl: null,
      redisUrls: [],
      rateLimits: true,
      maxConnectionsPerUser: 50,
      maxConnectionsPerAddress: 10_000,
      auditRetentionDays: 365,
      heartbeatSeconds: 15,
      offlineGraceMs: 15_000,
      leaveGraceMs: 2_000,
      idleAfterMs: 300_000,
      typingTtlMs: 5_000,
      typingMinIntervalMs: 1_000,
      privacyReciprocal: false,
      lastSeenFlushMs: 2_000,
      apiDocs: true,
    });
  });

  it('keeps the keys that were made at the first start, for nobody else to read', () => {
    const first = development();
    const second = development();
    expect(first.jwtSecret).toHaveLength(43);
    expect(second).toMatchObject({ jwtSecret: first.jwtSecret, serviceToken: first.serviceToken });
    expect(statSync(join(dataDir, 'jwt-secret')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'service-token')).mode & 0o777).toBe(0o600);
  });

  it('gets a name for the instance that no other start has', () => {
    expect(development().instanceId).not.toBe(development().instanceId);
  });

  it('may pass empty texts for what is not set, as compose files do', () => {
    expect(development({ PORT: '', REDIS_URL: '', JWT_SECRET: ' ' })).toMatchObject({ port: 3000, redisUrls: [] });
  });
});

describe('an operator who gets settings wrong', () => {
  it('reads about all of them at once, each by its name', () => {
    const problems = problemsOf(() =>
      development({ PORT: '70000', OFFLINE_GRACE_MS: '1.5', RATE_LIMITS: 'maybe', REDIS_URL: 'http://x' }),
    );
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'OFFLINE_GRACE_MS',
      'PORT',
      'RATE_LIMITS',
      'REDIS_URL',
    ]);
  });

  it.each([
    ['HEARTBEAT_SECONDS', '0'],
    ['HEARTBEAT_SECONDS', '3601'],
    ['OFFLINE_GRACE_MS', '600001'],
    ['OFFLINE_GRACE_MS', '-1'],
    ['LEAVE_GRACE_MS', '600001'],
    ['IDLE_AFTER_MS', '99'],
    ['TYPING_TTL_MS', '99'],
    ['TYPING_MIN_INTERVAL_MS', '-1'],
    ['TYPING_MIN_INTERVAL_MS', '1e3'],
    ['LAST_SEEN_FLUSH_MS', 'soon'],
    ['MAX_CONNECTIONS_PER_USER', '0x10'],
    ['AUDIT_RETENTION_DAYS', 'ever'],
    ['PORT', '65536'],
    ['GRPC_PORT', 'grpc'],
    ['HOST', 'a b'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['DATABASE_URL', 'postgres://['],
    ['REDIS_URL', 'localhost:6379'],
    ['REDIS_URL', 'redis://a,ftp://b'],
    ['ALLOWED_ORIGINS', '*'],
    ['ALLOWED_ORIGINS', 'null'],
    ['ALLOWED_ORIGINS', 'https://a.example/path'],
    ['JWT_PUBLIC_KEY', 'not a key'],
    ['JWKS_URL', 'file:///etc/passwd'],
    ['NODE_ENV', 'prod'],
    ['PRIVACY_RECIPROCAL', 'perhaps'],
    ['API_DOCS', 'yes!'],
    ['INSTANCE_ID', 'with space'],
  ])('hears that %s cannot be %j', (name, value) => {
    expect(problemsOf(() => development({ [name]: value }))).toEqual([expect.stringMatching(new RegExp(`^${name} `))]);
  });

  it.each([
    ['HEARTBEAT_SECONDS', '1'],
    ['HEARTBEAT_SECONDS', '3600'],
    ['OFFLINE_GRACE_MS', '0'],
    ['LEAVE_GRACE_MS', '600000'],
    ['IDLE_AFTER_MS', '100'],
    ['TYPING_TTL_MS', '100'],
    ['TYPING_MIN_INTERVAL_MS', '0'],
    ['LAST_SEEN_FLUSH_MS', '0'],
    ['MAX_CONNECTIONS_PER_USER', '0'],
    ['AUDIT_RETENTION_DAYS', '0'],
    ['GRPC_PORT', '0'],
    ['DATABASE_URL', 'postgresql://u:p@h:1/d'],
    ['REDIS_URL', 'rediss://u:p@h:6380'],
    ['ALLOWED_ORIGINS', 'https://a.example, http://b.example:8080'],
  ])('may set %s to %j', (name, value) => {
    expect(problemsOf(() => development({ [name]: value }))).toEqual([]);
  });

  it('never finds a password or a secret in the message', () => {
    const problems = problemsOf(() => production({ JWT_SECRET: 'hunter2', DATABASE_URL: 'mysql://me:hunter2@db/x' }));
    expect(problems.join()).not.toContain('hunter2');
  });
});

describe('whoever chooses the key', () => {
  const rsa = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const ed = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

  it('must give one in production, and makes none in development when they give one', () => {
    expect(problemsOf(() => production())[0]).toMatch(/^JWT_SECRET, JWT_PUBLIC_KEY or JWKS_URL/);
    expect(production({ JWT_SECRET: SECRET })).toMatchObject({ jwtSecret: SECRET, serviceToken: null, apiDocs: false });
    expect(development({ JWT_PUBLIC_KEY: ed.publicKey }).jwtSecret).toBeNull();
  });

  it('needs 32 bytes of secret in production only', () => {
    expect(problemsOf(() => production({ JWT_SECRET: 'a'.repeat(31) }))).toEqual([
      expect.stringMatching(/^JWT_SECRET /),
    ]);
    expect(development({ JWT_SECRET: 'short' }).jwtSecret).toBe('short');
  });

  it('cannot give two, production or not', () => {
    expect(problemsOf(() => development({ JWT_SECRET: SECRET, JWT_PUBLIC_KEY: ed.publicKey }))).toHaveLength(1);
    expect(problemsOf(() => development({ JWT_SECRET: SECRET, JWKS_URL: 'https://id.example/jwks' }))).toHaveLength(1);
  });

  it('may write a PEM in one line, but not a private key', () => {
    expect(development({ JWT_PUBLIC_KEY: rsa.publicKey.replaceAll('\n', '\\n') }).jwtPublicKey).toBe(
      rsa.publicKey.trim(),
    );
    expect(problemsOf(() => development({ JWT_PUBLIC_KEY: rsa.privateKey }))).toEqual([
      expect.stringMatching(/^JWT_PUBLIC_KEY /),
    ]);
  });
});

describe('a browser page', () => {
  it('of this machine is welcome in development, unless origins are named', () => {
    expect(allowsOrigin(development(), 'http://localhost:8080')).toBe(true);
    expect(allowsOrigin(development({ ALLOWED_ORIGINS: 'https://a.example' }), 'http://localhost:8080')).toBe(false);
    expect(allowsOrigin(production({ JWT_SECRET: SECRET }), 'http://localhost:8080')).toBe(false);
  });

  it('of a named origin is welcome, one that merely looks like it is not', () => {
    const config = production({ JWT_SECRET: SECRET, ALLOWED_ORIGINS: 'https://chat.example' });
    expect(
      [
        'https://chat.example',
        'https://Chat.example',
        'https://chat.example.evil',
        'http://chat.example',
        'null',
      ].filter((origin) => allowsOrigin(config, origin)),
    ).toEqual(['https://chat.example', 'https://Chat.example']);
  });
});

it('two instances that start together in a new folder have the same keys', () => {
  const script = `import('${new URL('./development-keys.ts', import.meta.url).href}').then(m => console.log(m.developmentKeys({ dataDir: ${JSON.stringify(dataDir)}, jwtSecret: null, jwtPublicKey: null, jwksUrl: null, serviceToken: null }).jwtSecret))`;
  const shell = `for i in 1 2 3; do "$0" -e "$1" & done; wait`;
  const printed = execFileSync('sh', ['-c', shell, process.execPath, script], { encoding: 'utf8' });
  const keys = printed.trim().split('\n');
  expect(keys).toHaveLength(3);
  expect(new Set(keys).size).toBe(1);
});
