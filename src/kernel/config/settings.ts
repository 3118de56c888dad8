import {
  integer,
  list,
  oneOf,
  onOff,
  origin,
  postgresUrl,
  printable,
  publicKey,
  redisUrl,
  webUrl,
  word,
} from './setting.rules.js';
import type { Rule } from './setting.rules.js';

/** One environment variable. `docs/settings.md` is this table in words. */
export interface Setting<T> {
  readonly name: string;
  /** What the number counts; empty for text. */
  readonly unit: string;
  /** Read as if it had been set; null: the setting may be absent. */
  readonly fallback: string | null;
  /** Where the default is not `fallback` itself: what happens without the variable. */
  readonly without?: string;
  /** Why one would change it. */
  readonly why: string;
  readonly rule: Rule<T>;
}

const setting = <T>(row: Setting<T>): Setting<T> => row;

const LONGEST_MS = 10 * 365 * 24 * 3600 * 1000;
const MANY_CONNECTIONS = 1_000_000_000;

/** Every setting there is. The key is the field of `Config` it ends up in, where it needs no more than reading. */
export const SETTINGS = {
  environment: setting({
    name: 'NODE_ENV',
    unit: '',
    fallback: 'development',
    why: '`production` refuses to start without a key and turns off the demo, the development token, introspection and the GraphQL IDE.',
    rule: oneOf('development', 'production', 'test'),
  }),
  port: setting({
    name: 'PORT',
    unit: '',
    fallback: '3000',
    why: 'Another program has the port; 0 takes any free one.',
    rule: integer(0, 65535),
  }),
  host: setting({
    name: 'HOST',
    unit: '',
    fallback: '0.0.0.0',
    why: '`127.0.0.1` when only a proxy on the same machine may connect.',
    rule: word(/^[A-Za-z0-9_.:%-]{1,255}$/, 'a host name or an address'),
  }),
  grpcPort: setting({
    name: 'GRPC_PORT',
    unit: '',
    fallback: '50051',
    why: '0 turns gRPC off.',
    rule: integer(0, 65535),
  }),
  databaseUrl: setting({
    name: 'DATABASE_URL',
    unit: '',
    fallback: null,
    without: 'an embedded Postgres in `DATA_DIR`',
    why: 'Production, several instances, your own backups.',
    rule: postgresUrl,
  }),
  redisUrls: setting({
    name: 'REDIS_URL',
    unit: '',
    fallback: null,
    without: 'presence in memory, one instance',
    why: 'More than one instance, or presence that outlives a restart. Several comma-separated URLs are the nodes of one Redis Cluster.',
    rule: list(redisUrl),
  }),
  dataDir: setting({
    name: 'DATA_DIR',
    unit: '',
    fallback: '.data',
    why: 'Another place for the embedded Postgres and the development keys.',
    rule: word(/^[^\0]{1,1024}$/, 'a path'),
  }),
  jwtSecret: setting({
    name: 'JWT_SECRET',
    unit: '',
    fallback: null,
    without: 'development: made at first start and kept in `DATA_DIR`; production: one of the three keys is required',
    why: 'Tokens are HS256, signed with this secret; at least 32 bytes in production.',
    rule: word(/^[^\0]{1,4096}$/s, 'a secret'),
  }),
  jwtPublicKey: setting({
    name: 'JWT_PUBLIC_KEY',
    unit: '',
    fallback: null,
    without: 'none',
    why: 'Tokens are RS256, ES256 or EdDSA, by the kind of this key (PEM; `\\n` may stand for line ends).',
    rule: publicKey,
  }),
  jwksUrl: setting({
    name: 'JWKS_URL',
    unit: '',
    fallback: null,
    without: 'none',
    why: 'Your identity provider publishes its keys there and rotates them.',
    rule: webUrl,
  }),
  jwtIssuer: setting({
    name: 'JWT_ISSUER',
    unit: '',
    fallback: null,
    without: 'not checked',
    why: 'Only tokens with this `iss` are taken.',
    rule: printable,
  }),
  jwtAudience: setting({
    name: 'JWT_AUDIENCE',
    unit: '',
    fallback: null,
    without: 'not checked',
    why: 'Only tokens with this `aud` are taken.',
    rule: printable,
  }),
  serviceToken: setting({
    name: 'SERVICE_TOKEN',
    unit: '',
    fallback: null,
    without: 'development: made at first start and kept in `DATA_DIR`; production: the internal API is off',
    why: 'What your own back end sends as `x-secret-token`.',
    rule: printable,
  }),
  rateLimits: setting({
    name: 'RATE_LIMITS',
    unit: '',
    fallback: 'on',
    why: '`off` for benchmarks only.',
    rule: onOff,
  }),
  maxConnectionsPerUser: setting({
    name: 'MAX_CONNECTIONS_PER_USER',
    unit: 'connections',
    fallback: '50',
    why: 'People with more devices and tabs, or bots. Connections that count are counted over all instances.',
    rule: integer(0, MANY_CONNECTIONS),
  }),
  maxConnectionsPerAddress: setting({
    name: 'MAX_CONNECTIONS_PER_ADDRESS',
    unit: 'connections',
    fallback: '10000',
    why: 'Everybody comes through one proxy or one office.',
    rule: integer(0, MANY_CONNECTIONS),
  }),
  auditRetentionDays: setting({
    name: 'AUDIT_RETENTION_DAYS',
    unit: 'days',
    fallback: '365',
    why: 'Your rules on how long records of privacy changes are kept.',
    rule: integer(0, 36_500),
  }),
  allowedOrigins: setting({
    name: 'ALLOWED_ORIGINS',
    unit: '',
    fallback: null,
    without: 'development: http and https on localhost, 127.0.0.1 and [::1], any port; production: none',
    why: 'The pages (comma-separated origins) whose browsers may call and open sockets.',
    rule: list(origin),
  }),
  instanceId: setting({
    name: 'INSTANCE_ID',
    unit: '',
    fallback: null,
    without: 'the host name and a random part',
    why: 'A name you recognise in logs; it must differ between instances.',
    rule: word(/^[A-Za-z0-9_.-]{1,64}$/, '1 to 64 letters, digits, "_", "." or "-"'),
  }),
  heartbeatSeconds: setting({
    name: 'HEARTBEAT_SECONDS',
    unit: 'seconds',
    fallback: '15',
    why: 'Longer spares batteries; a lease without a socket lives three times as long.',
    rule: integer(1, 3600),
  }),
  offlineGraceMs: setting({
    name: 'OFFLINE_GRACE_MS',
    unit: 'milliseconds',
    fallback: '15000',
    why: 'How long a lost connection may stay unnoticed by others.',
    rule: integer(0, 600_000),
  }),
  leaveGraceMs: setting({
    name: 'LEAVE_GRACE_MS',
    unit: 'milliseconds',
    fallback: '2000',
    why: 'The same after a clean close: long enough for a page to reload.',
    rule: integer(0, 600_000),
  }),
  idleAfterMs: setting({
    name: 'IDLE_AFTER_MS',
    unit: 'milliseconds',
    fallback: '300000',
    why: 'How long without activity before someone is shown as idle.',
    rule: integer(100, LONGEST_MS),
  }),
  typingTtlMs: setting({
    name: 'TYPING_TTL_MS',
    unit: 'milliseconds',
    fallback: '5000',
    why: 'How long typing is shown after its last sign.',
    rule: integer(100, LONGEST_MS),
  }),
  typingMinIntervalMs: setting({
    name: 'TYPING_MIN_INTERVAL_MS',
    unit: 'milliseconds',
    fallback: '1000',
    why: 'How often a typist who goes on typing is told again.',
    rule: integer(0, LONGEST_MS),
  }),
  privacyReciprocal: setting({
    name: 'PRIVACY_RECIPROCAL',
    unit: '',
    fallback: 'false',
    why: '`true`: who hides last seen or online from someone does not see theirs.',
    rule: onOff,
  }),
  lastSeenFlushMs: setting({
    name: 'LAST_SEEN_FLUSH_MS',
    unit: 'milliseconds',
    fallback: '2000',
    why: 'Longer means fewer writes to Postgres, and a last seen that reaches it later.',
    rule: integer(0, LONGEST_MS),
  }),
  apiDocs: setting({
    name: 'API_DOCS',
    unit: '',
    fallback: null,
    without: 'development: on; production: off',
    why: '`true` serves the OpenAPI pages in production as well.',
    rule: onOff,
  }),
};
