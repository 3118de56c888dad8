import { trace } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { NodeSDK } from '@opentelemetry/sdk-node';

import type { Environment } from '../config/config.js';

/** Asked all the time by machines, and of interest to none. */
const UNTRACED = /^\/(health|metrics)\b/;

/** Only loaded when traces are wanted. The SDK reads OTEL_* itself: exporter, protocol, sampler, service name. */
export function startSdk(env: Environment) {
  const sdk = new NodeSDK({
    ...(!named(env) && { serviceName: 'lamplight' }),
    // Metrics are Prometheus's to fetch, logs are on stdout.
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: ({ url }) => UNTRACED.test(url ?? ''),
        // A token may stand in the query.
        redactedQueryParamsServer: ['token'],
      }),
      // Only what belongs to somebody's request: beats, sweeps and polls would drown it.
      new PgInstrumentation({ requireParentSpan: true }),
      new IORedisInstrumentation({ requireParentSpan: true, dbStatementSerializer: (command) => command }),
    ],
  });
  sdk.start();
  return { shutdown: () => sdk.shutdown().catch(() => undefined), idsOfSpan };
}

const named = (env: Environment) =>
  Boolean(env['OTEL_SERVICE_NAME']) || /\bservice\.name=/.test(env['OTEL_RESOURCE_ATTRIBUTES'] ?? '');

function idsOfSpan(): Record<string, string> {
  const span = trace.getActiveSpan()?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
}
