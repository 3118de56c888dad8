import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { ManualClock } from '../../../test/contract/manual.clock.js';
import { JWT_SECRET, startKernel } from '../../../test/support/kernel.js';
import type { Kernel } from '../../../test/support/kernel.js';
import { startPostgres } from '../../../test/support/postgres.js';
import type { TestDatabase } from '../../../test/support/postgres.js';
import { ecdsa, eddsa, forge, hmac, rsa } from '../../../test/support/tokens.js';
import { Refusal } from '../errors.js';
import { AuthService, TokenExpired } from './auth.service.js';

const rsaPair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ecPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ec384Pair = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const edPair = generateKeyPairSync('ed25519');
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

let postgres: TestDatabase;
const running: Kernel[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  const kernel = await startKernel(postgres.url);
  for (const id of ['alice', 'bob']) {
    await kernel.directory.putUser({ id, username: id, displayName: id, avatarUrl: null });
  }
  await kernel.close();
});
afterEach(async () => {
  for (const kernel of running.splice(0)) await kernel.close();
});
afterAll(() => postgres.drop());

async function identity(env: Record<string, string> = {}) {
  const clock = new ManualClock();
  const kernel = await startKernel(postgres.url, { clock, env });
  running.push(kernel);
  const auth = new AuthService(kernel.config, clock, kernel.directory);
  const exp = clock.now() / 1000 + 60;
  /** What comes of a token: the caller's id, or why not. */
  const outcome = async (token: unknown): Promise<string> => {
    try {
      return (await auth.verify(token)).userId;
    } catch (error) {
      if (error instanceof TokenExpired) return 'expired';
      return error instanceof Refusal ? `${error.code}: ${error.message}` : String(error);
    }
  };
  return { ...kernel, clock, auth, outcome, good: { sub: 'alice', exp } };
}

const REFUSED = 'UNAUTHENTICATED: A valid token is required';
const HS = { alg: 'HS256', typ: 'JWT' };

describe('a token signed with the secret', () => {
  it('is its subject until five seconds after its end, also when it is known already', async () => {
    const { auth, clock, outcome, good } = await identity();
    const token = forge(HS, good, hmac(JWT_SECRET));
    expect(await auth.verify(token)).toEqual({ userId: 'alice', expiresAt: good.exp * 1000 });
    await clock.turn(64_999);
    expect(await outcome(token)).toBe('alice');
    await clock.turn(1);
    expect(await outcome(token)).toBe('expired');
    expect(await outcome(token)).toBe('expired');
  });

  it('is nobody’s, and always in the same words, when anything is wrong with it', async () => {
    const { outcome, good } = await identity();
    const [header, payload, signature] = forge(HS, good, hmac(JWT_SECRET)).split('.');
    const changed = Buffer.from(JSON.stringify({ ...good, sub: 'bob' })).toString('base64url');
    const none = forge({ alg: 'none' }, good, () => Buffer.alloc(0));
    const wrong: Record<string, unknown> = {
      'another secret': forge(HS, good, hmac('another secret')),
      'an empty secret': forge(HS, good, hmac('')),
      'another subject under the same signature': `${header}.${changed}.${signature}`,
      'no signature': `${header}.${payload}.`,
      'a signature with a second spelling': `${header}.${payload}.${signature}=`,
      'half a signature': `${header}.${payload}.${signature?.slice(0, 10)}`,
      'algorithm none': none,
      'algorithm None': forge({ alg: 'None' }, good, () => Buffer.alloc(0)),
      'none with our signature': forge({ alg: 'none' }, good, hmac(JWT_SECRET)),
      HS384: forge({ alg: 'HS384' }, good, hmac(JWT_SECRET, 'sha384')),
      HS512: forge({ alg: 'HS512' }, good, hmac(JWT_SECRET, 'sha512')),
      'HS256 in the header, another hash in fact': forge(HS, good, hmac(JWT_SECRET, 'sha512')),
      'RS256 with a key of its own': forge(
        { alg: 'RS256', jwk: rsaPair.publicKey.export({ format: 'jwk' }) },
        good,
        rsa(rsaPair.privateKey),
      ),
      'a demand nobody understands': forge({ ...HS, crit: ['exp'] }, good, hmac(JWT_SECRET)),
      'claims that are a list': forge(HS, [good], hmac(JWT_SECRET)),
      'claims that are text': forge(HS, '"alice"', hmac(JWT_SECRET)),
      'claims that are no JSON': forge(HS, 'alice', hmac(JWT_SECRET)),
      'no end': forge(HS, { sub: 'alice' }, hmac(JWT_SECRET)),
      'no subject': forge(HS, { exp: good.exp }, hmac(JWT_SECRET)),
      'a subject that is an object': forge(HS, { ...good, sub: { $eq: 'alice' } }, hmac(JWT_SECRET)),
      'a subject that is a number': forge(HS, { ...good, sub: 1 }, hmac(JWT_SECRET)),
      'a subject with a path': forge(HS, { ...good, sub: '../alice' }, hmac(JWT_SECRET)),
      'a subject with a space': forge(HS, { ...good, sub: 'alice ' }, hmac(JWT_SECRET)),
      'a subject that no table takes': forge(HS, { ...good, sub: 'alice\u0000' }, hmac(JWT_SECRET)),
      'the subject me': forge(HS, { ...good, sub: 'me' }, hmac(JWT_SECRET)),
      'a subject nobody has': forge(HS, { ...good, sub: 'nobody' }, hmac(JWT_SECRET)),
      'the subject __proto__, who is nobody': forge(HS, { ...good, sub: '__proto__' }, hmac(JWT_SECRET)),
      'a beginning in an hour': forge(HS, { ...good, nbf: good.exp + 3600 }, hmac(JWT_SECRET)),
      '100 KB': forge(HS, { ...good, more: 'A'.repeat(100_000) }, hmac(JWT_SECRET)),
      text: 'alice',
      nothing: '',
      'no token': undefined,
      'a list of tokens': [none],
      null: null,
    };
    const outcomes: Record<string, string> = {};
    for (const [name, token] of Object.entries(wrong)) outcomes[name] = await outcome(token);
    expect(outcomes).toEqual(Object.fromEntries(Object.keys(wrong).map((name) => [name, REFUSED])));
  });

  it('may name any key, which is neither looked up nor opened', async () => {
    const { outcome, good } = await identity();
    const named = (kid: string) => forge({ ...HS, kid, jku: 'http://127.0.0.1:1/keys' }, good, hmac(JWT_SECRET));
    expect(await outcome(named('../../dev/null'))).toBe('alice');
    expect(await outcome(forge({ ...HS, kid: '/dev/null' }, good, hmac('')))).toBe(REFUSED);
  });

  it('must be meant for us where that is asked for', async () => {
    const { outcome, good } = await identity({ JWT_ISSUER: 'us', JWT_AUDIENCE: 'lamplight' });
    const sign = (claims: object) => forge(HS, { ...good, ...claims }, hmac(JWT_SECRET));
    expect(await outcome(sign({ iss: 'us', aud: ['mail', 'lamplight'] }))).toBe('alice');
    expect(await outcome(sign({ iss: 'us', aud: 'mail' }))).toBe(REFUSED);
    expect(await outcome(sign({ iss: 'them', aud: 'lamplight' }))).toBe(REFUSED);
    expect(await outcome(sign({}))).toBe(REFUSED);
  });

  it('is nobody’s as soon as the user is deleted, and good again for one of the same id', async () => {
    const { outcome, good, directory } = await identity();
    await directory.putUser({ id: 'carol', username: 'carol', displayName: 'Carol', avatarUrl: null });
    const token = forge(HS, { ...good, sub: 'carol' }, hmac(JWT_SECRET));
    expect(await outcome(token)).toBe('carol');
    await directory.deleteUser('carol');
    expect(await outcome(token)).toBe(REFUSED);
    await directory.putUser({ id: 'carol', username: 'carol', displayName: 'Carol', avatarUrl: null });
    expect(await outcome(token)).toBe('carol');
  });

  it('of someone not seen before has to wait for Postgres', async () => {
    const { outcome, good, database } = await identity();
    expect(await outcome(forge(HS, good, hmac(JWT_SECRET)))).toBe('alice');
    await database.destroy();
    expect(await outcome(forge(HS, good, hmac(JWT_SECRET)))).toBe('alice');
    expect(await outcome(forge(HS, { ...good, sub: 'bob' }, hmac(JWT_SECRET)))).toMatch(/^SERVICE_UNAVAILABLE/);
  });
});

describe('a token signed with a private key', () => {
  const signers = {
    RS256: { pair: rsaPair, sign: rsa(rsaPair.privateKey) },
    ES256: { pair: ecPair, sign: ecdsa(ecPair.privateKey) },
    EdDSA: { pair: edPair, sign: eddsa(edPair.privateKey) },
  };

  it.each(Object.keys(signers) as (keyof typeof signers)[])(
    '%s: is taken, and only by that algorithm and key',
    async (alg) => {
      const { pair, sign } = signers[alg];
      const { outcome, good } = await identity({ JWT_PUBLIC_KEY: pem(pair.publicKey) });
      expect(await outcome(forge({ alg }, good, sign))).toBe('alice');
      for (const other of ['none', 'HS256', 'HS384', 'RS256', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519']) {
        if (other !== alg) expect(await outcome(forge({ alg: other }, good, sign)), other).toBe(REFUSED);
      }
      const stranger =
        alg === 'RS256' ? rsa(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey) : undefined;
      if (stranger) expect(await outcome(forge({ alg }, good, stranger))).toBe(REFUSED);
      expect(await outcome(forge({ alg }, good, () => Buffer.alloc(64)))).toBe(REFUSED);
      expect(await outcome(forge({ alg }, good, () => Buffer.alloc(0)))).toBe(REFUSED);
    },
  );

  it.each(Object.values(signers))(
    'is not one that is signed with the public key as if it were a secret',
    async ({ pair }) => {
      const key = pem(pair.publicKey);
      const { outcome, good } = await identity({ JWT_PUBLIC_KEY: key });
      for (const secret of [
        key,
        key.trim(),
        pair.publicKey.export({ type: 'spki', format: 'der' }).toString('binary'),
      ]) {
        expect(await outcome(forge(HS, good, hmac(secret)))).toBe(REFUSED);
      }
    },
  );
});

describe('a token signed with a key of a set', () => {
  let server: Server;
  let url: string;
  let keys: object[];
  let fetches: number;
  let broken: boolean;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      fetches += 1;
      response.writeHead(broken ? 500 : 200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const published = (key: KeyObject, kid: string, more: object = {}) => ({
    ...key.export({ format: 'jwk' }),
    kid,
    ...more,
  });
  const withKeys = (...given: object[]) => {
    keys = given;
    fetches = 0;
    broken = false;
    return identity({ JWKS_URL: url });
  };

  it('is taken by the type of its own key', async () => {
    const { outcome, good } = await withKeys(
      published(rsaPair.publicKey, 'r', { use: 'sig' }),
      published(ecPair.publicKey, 'e', { alg: 'ES256' }),
      published(edPair.publicKey, 'd'),
      published(ec384Pair.publicKey, 'e384'),
      { kty: 'oct', kid: 'o', k: Buffer.from('shared').toString('base64url') },
    );
    expect(await outcome(forge({ alg: 'RS256', kid: 'r' }, good, rsa(rsaPair.privateKey)))).toBe('alice');
    expect(await outcome(forge({ alg: 'ES256', kid: 'e' }, good, ecdsa(ecPair.privateKey)))).toBe('alice');
    expect(await outcome(forge({ alg: 'EdDSA', kid: 'd' }, good, eddsa(edPair.privateKey)))).toBe('alice');
    expect(await outcome(forge({ alg: 'ES384', kid: 'e384' }, good, ecdsa(ec384Pair.privateKey)))).toBe(REFUSED);
    expect(await outcome(forge({ alg: 'HS256', kid: 'o' }, good, hmac('shared')))).toBe(REFUSED);
    expect(await outcome(forge({ alg: 'HS256', kid: 'r' }, good, hmac(pem(rsaPair.publicKey))))).toBe(REFUSED);
    expect(await outcome(forge({ alg: 'RS256' }, good, rsa(rsaPair.privateKey)))).toBe(REFUSED);
    expect(fetches).toBe(1);
  });

  it('needs no key id where there is one key', async () => {
    const { outcome, good } = await withKeys(published(rsaPair.publicKey, 'r'));
    expect(await outcome(forge({ alg: 'RS256' }, good, rsa(rsaPair.privateKey)))).toBe('alice');
  });

  it('may be signed with a new key, and strangers’ key ids do not flood the provider', async () => {
    const { outcome, good, clock } = await withKeys(published(rsaPair.publicKey, 'old'));
    expect(await outcome(forge({ alg: 'RS256', kid: 'old' }, good, rsa(rsaPair.privateKey)))).toBe('alice');
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        outcome(forge({ alg: 'RS256', kid: `made up ${i}` }, good, rsa(rsaPair.privateKey))),
      ),
    );
    expect(fetches).toBe(1);
    keys = [published(edPair.publicKey, 'new')];
    await clock.turn(30_000);
    const fresh = forge({ alg: 'EdDSA', kid: 'new' }, good, eddsa(edPair.privateKey));
    expect(await Promise.all([outcome(fresh), outcome(fresh), outcome(fresh)])).toEqual(['alice', 'alice', 'alice']);
    expect(await outcome(forge({ alg: 'RS256', kid: 'old', x: 1 }, good, rsa(rsaPair.privateKey)))).toBe(REFUSED);
    expect(fetches).toBe(2);
  });

  it('goes on being taken while the provider is away; before that nobody can say', async () => {
    const { outcome, good, clock } = await withKeys(published(rsaPair.publicKey, 'r'));
    const later = { ...good, exp: good.exp + 7200 };
    const token = (n: number) => forge({ alg: 'RS256', kid: 'r', n }, later, rsa(rsaPair.privateKey));
    broken = true;
    expect(await outcome(token(1))).toMatch(/^SERVICE_UNAVAILABLE/);
    broken = false;
    await clock.turn(30_000);
    expect(await outcome(token(2))).toBe('alice');
    broken = true;
    await clock.turn(3_600_000);
    expect(await outcome(token(3))).toBe('alice');
  });
});
