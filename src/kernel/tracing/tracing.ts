import { register } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';

import type { Environment } from '../config/config.js';

const FLUSH_MS = 1500;

/** What every line of the log carries beside its own; set while traces are on. */
let fields: () => Record<string, string> = () => ({});

export const tracingFields = (): Record<string, string> => fields();

/** Sends what is left and ends. */
type StopTracing = () => Promise<void>;

/**
 * Traces of requests with their statements to Postgres and calls to Redis, by the standard OTEL_* variables. Nothing is
 * loaded unless they name an exporter. Called before anything that is to be traced is imported.
 */
export async function startTracing(env: Environment): Promise<StopTracing> {
  if (!asked(env)) return () => Promise.resolve();
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const { startSdk } = await import('./sdk.js');
  const { shutdown, idsOfSpan } = startSdk(env);
  fields = idsOfSpan;
  // A collector that is away must not keep the process from ending.
  return () => Promise.race([shutdown(), wait(FLUSH_MS, undefined, { ref: false })]);
}

function asked(env: Environment): boolean {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false;
  const exporter = env['OTEL_TRACES_EXPORTER'];
  if (exporter) return exporter !== 'none';
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
}
