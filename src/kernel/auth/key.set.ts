import { createPublicKey } from 'node:crypto';

import { JwksClient } from 'jwks-rsa';

import type { Clock } from '../clock.js';
import { unavailable } from '../errors.js';
import type { VerificationKey } from './signature.js';
import { algorithmOf } from './signature.js';

const REFRESH_MS = 10 * 60_000;
/** At most one fetch in this time, whatever key ids strangers invent. */
const PAUSE_MS = 30_000;
const FETCH_MS = 5000;
const SET_BYTES_MAX = 1024 * 1024;
const KEYS_MAX = 100;

/**
 * The keys behind JWKS_URL, fetched as a whole. An unknown key id fetches again, since keys rotate; while the endpoint
 * is away the keys already known go on being used.
 */
export class KeySet {
  private keys: ReadonlyMap<string | null, VerificationKey> | null = null;
  private fetchedAt = -Infinity;
  private triedAt = -Infinity;
  private fetching: Promise<void> | null = null;
  private readonly client: JwksClient;

  constructor(
    jwksUri: string,
    private readonly clock: Clock,
  ) {
    this.client = new JwksClient({ jwksUri, cache: false, fetcher: fetchSet });
  }

  /** Null: no such key. Refuses SERVICE_UNAVAILABLE while no set could ever be fetched. */
  async find(kid: string | null): Promise<VerificationKey | null> {
    const now = this.clock.monotonic();
    if (this.keys && this.keys.has(kid) && now - this.fetchedAt < REFRESH_MS) return this.keys.get(kid) ?? null;
    if (now - this.triedAt >= PAUSE_MS) this.fetching ??= this.fetch();
    await this.fetching;
    if (!this.keys) throw unavailable();
    return this.keys.get(kid) ?? null;
  }

  private async fetch(): Promise<void> {
    this.triedAt = this.clock.monotonic();
    try {
      this.keys = byId(await this.client.getSigningKeys());
      this.fetchedAt = this.triedAt;
    } catch {
      // The old keys stay; without any, whoever asked is told to come again.
    } finally {
      this.fetching = null;
    }
  }
}

type SigningKeys = Awaited<ReturnType<JwksClient['getSigningKeys']>>;

function byId(signing: SigningKeys): Map<string | null, VerificationKey> {
  const found = new Map<string | null, VerificationKey>();
  for (const one of signing.slice(0, KEYS_MAX)) {
    const key = createPublicKey(one.getPublicKey());
    const algorithm = algorithmOf(key);
    // A key that names another algorithm is meant for that one only.
    if (!algorithm || (one.alg && one.alg !== algorithm)) continue;
    found.set(one.kid ?? null, { key, algorithm });
  }
  const [only] = found.values();
  // A token may leave the key id out where there is nothing to choose.
  if (only && found.size === 1) found.set(null, only);
  return found;
}

async function fetchSet(uri: string): Promise<{ keys: unknown }> {
  const answer = await fetch(uri, { signal: AbortSignal.timeout(FETCH_MS), headers: { accept: 'application/json' } });
  if (!answer.ok || !answer.body) throw new Error(`The key set answered ${answer.status}`);
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > SET_BYTES_MAX) throw new Error('The key set is too large');
  }
  return JSON.parse(text) as { keys: unknown };
}
