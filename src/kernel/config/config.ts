import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';

import type { Setting } from './settings.js';
import { SETTINGS } from './settings.js';
import { developmentKeys } from './development-keys.js';

/** What the process was told, read and checked once at start. Units are in the names. */
export class Config {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** 0: no gRPC. */
  readonly grpcPort: number;
  /** Null: the embedded Postgres. */
  readonly databaseUrl: string | null;
  /** Empty: the memory engine. More than one: the nodes of a Redis Cluster. */
  readonly redisUrls: readonly string[];
  /** Absolute. */
  readonly dataDir: string;
  /** Exactly one of the three keys is there. */
  readonly jwtSecret: string | null;
  readonly jwtPublicKey: string | null;
  readonly jwksUrl: string | null;
  /** Null: not checked. */
  readonly jwtIssuer: string | null;
  readonly jwtAudience: string | null;
  /** Null: the internal API is off. */
  readonly serviceToken: string | null;
  readonly rateLimits: boolean;
  readonly maxConnectionsPerUser: number;
  readonly maxConnectionsPerAddress: number;
  readonly auditRetentionDays: number;
  /** Lower case. See `allowsOrigin`. */
  readonly allowedOrigins: readonly string[];
  /** Development without ALLOWED_ORIGINS: any port of this machine. */
  readonly allowLocalOrigins: boolean;
  readonly instanceId: string;
  readonly heartbeatSeconds: number;
  readonly offlineGraceMs: number;
  readonly leaveGraceMs: number;
  readonly idleAfterMs: number;
  readonly typingTtlMs: number;
  readonly typingMinIntervalMs: number;
  readonly privacyReciprocal: boolean;
  readonly lastSeenFlushMs: number;
  readonly apiDocs: boolean;

  constructor(values: { readonly [K in keyof Config]: Config[K] }) {
    Object.assign(this, values);
  }
}

/** Everything that is wrong with the environment, one sentence a line, each beginning with a variable's name. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`Wrong settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads and checks every setting. Outside production, keys that are not given are made at the first start and kept in
 * DATA_DIR. Throws a ConfigError that names every wrong variable and quotes no value.
 */
export function loadConfig(env: Environment): Config {
  const problems: string[] = [];
  const { environment, ...values } = readAll(env, problems);
  const production = environment === 'production';
  problems.push(...keyProblems(values, production));
  if (problems.length > 0) throw new ConfigError(problems);

  const given = { ...values, dataDir: resolve(values.dataDir ?? '') };
  return new Config({
    ...given,
    ...(production ? {} : developmentKeys(given)),
    production,
    redisUrls: given.redisUrls ?? [],
    allowedOrigins: given.allowedOrigins ?? [],
    allowLocalOrigins: !production && given.allowedOrigins === null,
    instanceId: given.instanceId ?? inventInstanceId(),
    apiDocs: given.apiDocs ?? !production,
  } as { readonly [K in keyof Config]: Config[K] });
}

type Row = (typeof SETTINGS)[keyof typeof SETTINGS];
type Read = { [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T | null : never };

function readAll(env: Environment, problems: string[]): Read {
  const read = Object.entries(SETTINGS).map(([field, row]) => [field, readOne(row, env, problems)]);
  return Object.fromEntries(read) as Read;
}

function readOne(row: Row, env: Environment, problems: string[]): unknown {
  const given = env[row.name];
  // Compose files and shells pass what is not set as an empty text.
  const text = given === undefined || given.trim() === '' ? row.fallback : given;
  if (text === null) return null;
  const answer = row.rule.safeParse(text);
  if (answer.success) return answer.data;
  problems.push(`${row.name} ${answer.error.issues[0]?.message ?? 'is wrong'}`);
  return null;
}

const SECRET_BYTES_MIN = 32;

function keyProblems(values: Omit<Read, 'environment'>, production: boolean): string[] {
  const keys = [values.jwtSecret, values.jwtPublicKey, values.jwksUrl].filter((key) => key !== null);
  if (keys.length > 1) return ['JWT_SECRET, JWT_PUBLIC_KEY and JWKS_URL exclude each other: set one of them'];
  if (!production) return [];
  if (keys.length === 0) return ['JWT_SECRET, JWT_PUBLIC_KEY or JWKS_URL is required in production'];
  if (values.jwtSecret !== null && Buffer.byteLength(values.jwtSecret) < SECRET_BYTES_MIN)
    return [`JWT_SECRET must have at least ${SECRET_BYTES_MIN} bytes in production`];
  return [];
}

function inventInstanceId(): string {
  const host =
    hostname()
      .replaceAll(/[^A-Za-z0-9_.-]/g, '-')
      .slice(0, 40) || 'host';
  return `${host}-${randomBytes(4).toString('hex')}`;
}
