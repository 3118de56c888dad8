import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Given {
  readonly dataDir: string;
  readonly jwtSecret: string | null;
  readonly jwtPublicKey: string | null;
  readonly jwksUrl: string | null;
  readonly serviceToken: string | null;
}

const KEY_BYTES = 32;

/** The keys that a development instance was not given: made once, then the same at every start. */
export function developmentKeys(given: Given): { jwtSecret: string | null; serviceToken: string } {
  const otherKey = given.jwtPublicKey ?? given.jwksUrl;
  return {
    jwtSecret: given.jwtSecret ?? (otherKey === null ? keptKey(given.dataDir, 'jwt-secret') : null),
    serviceToken: given.serviceToken ?? keptKey(given.dataDir, 'service-token'),
  };
}

function keptKey(dataDir: string, name: string): string {
  const path = join(dataDir, name);
  mkdirSync(dataDir, { recursive: true });
  const own = `${path}.${randomBytes(6).toString('hex')}`;
  const known = readKey(path);
  if (known !== null) return known;

  writeFileSync(own, `${randomBytes(KEY_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    // A link appears whole or not at all, so two instances that start together end up with the same key.
    linkSync(own, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(own);
  }
  const made = readKey(path);
  if (made === null) throw new Error(`DATA_DIR: ${path} is empty; remove it`);
  return made;
}

function readKey(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim() || null;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

const isCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code;
