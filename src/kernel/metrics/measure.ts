import { SystemClock } from '../clock.js';
import { Exposition, type Reading } from './exposition.js';
import { REFUSAL_CODES } from './labels.js';
import type {
  AuthFailure,
  Cause,
  ChangeKind,
  ConnectionEnding,
  HttpOutcome,
  HttpPart,
  Limited,
  RejectionReason,
  Repair,
  Status,
  Transport,
} from './labels.js';
import { METRICS } from './metrics.table.js';

type GaugeName = (typeof GAUGES)[number];

const GAUGES = [
  'draining',
  'engineUp',
  'changesFresh',
  'usersOnline',
  'usersConnected',
  'usersWatched',
  'watches',
  'conversationsWatched',
  'connections',
  'connectionsHeld',
  'queuedBytes',
  'unacknowledged',
  'postgresConnections',
  'lastSeenWaiting',
] as const satisfies readonly (keyof typeof METRICS)[];

const CODES: ReadonlySet<string> = new Set(REFUSAL_CODES);
const clock = new SystemClock();
const exposition = new Exposition();
const readings = new Map<GaugeName, Set<Reading>>(GAUGES.map((name) => [name, new Set()]));
for (const name of GAUGES) exposition.gauge(METRICS[name], readings.get(name) ?? new Set());

const opened = exposition.counter(METRICS.connectionsOpened);
const ended = exposition.counter(METRICS.connectionsEnded);
const rejected = exposition.counter(METRICS.handshakesRejected);
const authFailures = exposition.counter(METRICS.authFailures);
const refusals = exposition.counter(METRICS.refusals);
const limited = exposition.counter(METRICS.limited);
const http = exposition.histogram(METRICS.http);
const heartbeats = exposition.counter(METRICS.heartbeats);
const transitions = exposition.counter(METRICS.transitions);
const typing = exposition.counter(METRICS.typing);
const deliveries = exposition.counter(METRICS.deliveries);
const fanOut = exposition.histogram(METRICS.fanOut);
const propagation = exposition.histogram(METRICS.propagation);
const changes = exposition.counter(METRICS.changes);
const sweep = exposition.histogram(METRICS.sweep);
const fences = exposition.counter(METRICS.fences);
const storeLosses = exposition.counter(METRICS.storeLosses);
const repairs = exposition.counter(METRICS.repairs);
const redis = exposition.histogram(METRICS.redis);
const redisFailures = exposition.counter(METRICS.redisFailures);
const postgres = exposition.histogram(METRICS.postgres);
const postgresFailures = exposition.counter(METRICS.postgresFailures);
const lastSeenStored = exposition.counter(METRICS.lastSeenStored);

const since = (began: number) => (clock.monotonic() - began) / 1000;

/**
 * Where everything is counted, at the place where it happens. Metrics belong to the process, as its memory does, so they
 * are not handed through constructors. Each call is an addition or two, and none is made for each of many watchers.
 */
export const measure = {
  /** For `began` below; a moment of this process. */
  moment: (): number => clock.monotonic(),

  opened: (transport: Transport) => void opened.inc({ transport }),
  ended: (transport: Transport, ending: ConnectionEnding) => void ended.inc({ transport, ending }),
  rejected: (reason: RejectionReason) => void rejected.inc({ reason }),
  authFailed: (reason: AuthFailure) => void authFailures.inc({ reason }),
  refused: (code: string) => void refusals.inc({ code: CODES.has(code) ? code : 'OTHER' }),
  limited: (limit: Limited) => void limited.inc({ limit }),
  http: (part: HttpPart, outcome: HttpOutcome, began: number) => void http.observe({ part, outcome }, since(began)),

  heartbeat: () => void heartbeats.inc(),
  transition: (cause: Cause, to: Status, count = 1) => void transitions.inc({ cause, to }, count),
  typed: () => void typing.inc(),
  /** One new truth was offered to so many watchers. */
  fannedOut: (began: number, watchers: number) => {
    fanOut.observe(since(began));
    deliveries.inc(watchers);
  },
  /** Milliseconds; a clock that was set meanwhile must not show as a negative time. */
  propagated: (ms: number) => void propagation.observe(Math.max(0, ms) / 1000),
  changed: (kind: ChangeKind) => void changes.inc({ kind }),

  swept: (began: number) => void sweep.observe(since(began)),
  fenced: () => void fences.inc(),
  storeLost: () => void storeLosses.inc(),
  repaired: (reason: Repair, users: number) => void repairs.inc({ reason }, users),

  redis: (began: number) => void redis.observe(since(began)),
  redisFailed: () => void redisFailures.inc(),
  postgres: (began: number) => void postgres.observe(since(began)),
  postgresFailed: () => void postgresFailures.inc(),
  lastSeenStored: (users: number) => void lastSeenStored.inc(users),

  /** Whatever has the number tells it when it is asked; ends with the answer. What several tell is added up. */
  gauge(name: GaugeName, reading: Reading): () => void {
    readings.get(name)?.add(reading);
    return () => readings.get(name)?.delete(reading);
  },

  /** For Prometheus. */
  exposition: (): Promise<string> => exposition.text(),
  contentType: exposition.contentType,
};
