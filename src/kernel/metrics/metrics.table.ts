import {
  AUTH_FAILURES,
  CAUSES,
  CHANGE_KINDS,
  ENDINGS,
  HTTP_OUTCOMES,
  HTTP_PARTS,
  LIMITED,
  REFUSAL_CODES,
  REJECTIONS,
  REPAIRS,
  STATUSES,
  TRANSPORTS,
} from './labels.js';

type Labels = Readonly<Record<string, readonly string[]>>;

/** One metric. `docs/metrics.md` is this table in words; dashboard and alerts may only name what stands here. */
export interface MetricRow {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Label to all of its values. */
  readonly labels: Labels;
  /** Of a histogram: upper bounds, seconds. */
  readonly buckets?: readonly number[];
}

const row = (kind: MetricRow['kind'], name: string, help: string, labels: Labels = {}): MetricRow => ({
  name: `lamplight_${name}`,
  kind,
  help,
  labels,
});
const counter = (name: string, help: string, labels?: Labels) => row('counter', `${name}_total`, help, labels);
const gauge = (name: string, help: string, labels?: Labels) => row('gauge', name, help, labels);
const histogram = (name: string, help: string, buckets: readonly number[], labels?: Labels): MetricRow => ({
  ...row('histogram', `${name}_seconds`, help, labels),
  buckets,
});

/** Work inside the process. */
const SHORT = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5];
/** A round trip to a store; the longest one is given up after 0.5 s (Redis) or 2.5 s (Postgres). */
const TRIP = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** What people wait for. */
const SEEN = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5];

/** Every metric of our own. Those of the process and of Node.js are prom-client's. */
export const METRICS = {
  draining: gauge('draining', '1 from the moment the instance stops.'),
  engineUp: gauge('engine_up', '1 while the engine (memory or Redis) can be reached.'),
  changesFresh: gauge('changes_fresh', '1 while caches may be trusted: changes of the others are being heard.'),
  usersOnline: gauge(
    'users_online',
    'Users shown as something else than OFFLINE, over all instances of one engine: take the maximum, not the sum.',
  ),
  usersConnected: gauge('users_connected', 'Users with a connection on this instance that may count for presence.'),
  usersWatched: gauge('users_watched', 'Distinct users somebody on this instance watches.'),
  watches: gauge('watches', 'Live streams of presence on this instance.'),
  conversationsWatched: gauge('conversations_watched', 'Conversations whose typing somebody here follows.'),
  connections: gauge('connections', 'Live connections, identified or not yet.', { transport: TRANSPORTS }),
  connectionsHeld: gauge('connections_held', 'Connections whose peer takes nothing at the moment.'),
  queuedBytes: gauge('queued_bytes', 'Said to peers that have not taken it yet, over all connections.'),
  connectionsOpened: counter('connections_opened', 'Connections opened.', { transport: TRANSPORTS }),
  connectionsEnded: counter('connections_ended', 'Connections ended, by what ended them; slow: a reader cut off.', {
    transport: TRANSPORTS,
    ending: ENDINGS,
  }),
  handshakesRejected: counter('handshakes_rejected', 'Upgrades answered with an HTTP status instead.', {
    reason: REJECTIONS,
  }),
  authFailures: counter('auth_failures', 'Tokens refused.', { reason: AUTH_FAILURES }),
  refusals: counter('refusals', 'Failures answered to clients, by code; INTERNAL is a bug.', { code: REFUSAL_CODES }),
  limited: counter('limits_hit', 'Calls, messages and connections over a limit.', { limit: LIMITED }),
  http: histogram('http_request', 'From a request to the end of its answer.', SEEN, {
    part: HTTP_PARTS,
    outcome: HTTP_OUTCOMES,
  }),
  heartbeats: counter('heartbeats', 'Heartbeats taken, over every wire.'),
  transitions: counter('transitions', 'Changes of the status others are shown, made by this instance.', {
    cause: CAUSES,
    to: STATUSES,
  }),
  typing: counter('typing_events', 'Starts, refreshes and ends of typing that reached this instance.'),
  deliveries: counter('deliveries', 'Views offered to watchers.'),
  fanOut: histogram('fan_out', 'One new truth, from its arrival to the last watcher here.', SHORT),
  propagation: histogram(
    'propagation',
    'From the moment something became true in Redis to its arrival at an instance where it is watched.',
    SEEN,
  ),
  changes: counter('changes_heard', 'Durable changes that reached this instance, its own included.', {
    kind: CHANGE_KINDS,
  }),
  sweep: histogram('sweep', 'One round of ending what has ended.', SHORT),
  fences: counter(
    'fences',
    'Lives of this instance that the others had given up, or that were lost with the store; one for each shard.',
  ),
  storeLosses: counter('store_losses', 'Shards found emptied and filled again from here.'),
  repairs: counter('repairs', 'Users read again because something about them may have been missed.', {
    reason: REPAIRS,
  }),
  unacknowledged: gauge('unacknowledged', 'Connections opened or closed here that Redis does not know yet.'),
  redis: histogram('redis_call', 'One call to Redis, its wait for others of the same tick included.', TRIP),
  redisFailures: counter('redis_failures', 'Calls that Redis did not answer in time, or could not serve.'),
  postgres: histogram('postgres_query', 'One statement, without the wait for a connection.', TRIP),
  postgresFailures: counter('postgres_failures', 'Calls that ended because Postgres could not be reached in time.'),
  postgresConnections: gauge('postgres_connections', 'The pool; waiting: statements without a connection.', {
    state: ['busy', 'idle', 'waiting'],
  }),
  lastSeenWaiting: gauge(
    'last_seen_waiting',
    'Users whose last seen is on its way to Postgres; at most 1000 are counted.',
  ),
  lastSeenStored: counter('last_seen_stored', 'Last seen values written to Postgres.'),
} satisfies Readonly<Record<string, MetricRow>>;

/** Of prom-client: what dashboard and alerts use of it, and what every instance answers besides. */
export const PROCESS_METRICS = [
  'process_cpu_seconds_total',
  'process_cpu_user_seconds_total',
  'process_cpu_system_seconds_total',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'process_virtual_memory_bytes',
  'process_heap_bytes',
  'process_open_fds',
  'process_max_fds',
  'nodejs_eventloop_lag_seconds',
  'nodejs_eventloop_lag_min_seconds',
  'nodejs_eventloop_lag_max_seconds',
  'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_stddev_seconds',
  'nodejs_eventloop_lag_p50_seconds',
  'nodejs_eventloop_lag_p90_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_heap_size_total_bytes',
  'nodejs_heap_size_used_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_heap_space_size_total_bytes',
  'nodejs_heap_space_size_used_bytes',
  'nodejs_heap_space_size_available_bytes',
  'nodejs_version_info',
  'nodejs_gc_duration_seconds',
] as const;
