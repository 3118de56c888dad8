import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { ROOT } from '../support/pages.js';
import { promtool } from '../support/promtool.js';

const RULES = join(ROOT, 'ops/alerts.yml');

/** Series to values every 15 s, in promtool's notation. */
type Series = Readonly<Record<string, string>>;

/** What an instance with which nothing is wrong says; for each alert, what it says when there is. */
const WELL: Series = {
  'up{job="lamplight",instance="a"}': '1x60',
  'lamplight_engine_up{instance="a"}': '1x60',
  'lamplight_draining{instance="a"}': '0x60',
  'lamplight_changes_fresh{instance="a"}': '1x60',
  'lamplight_users_online{instance="a"}': '2000x60',
  'lamplight_sweep_seconds_count{instance="a"}': '0+15x60',
  'lamplight_propagation_seconds_bucket{instance="a",le="0.5"}': '0+100x60',
  'lamplight_propagation_seconds_bucket{instance="a",le="2"}': '0+100x60',
  'lamplight_propagation_seconds_bucket{instance="a",le="+Inf"}': '0+100x60',
  'lamplight_redis_call_seconds_bucket{instance="a",le="0.05"}': '0+100x60',
  'lamplight_redis_call_seconds_bucket{instance="a",le="0.25"}': '0+100x60',
  'lamplight_redis_call_seconds_bucket{instance="a",le="+Inf"}': '0+100x60',
  'lamplight_last_seen_waiting{instance="a"}': '20x60',
  'lamplight_unacknowledged{instance="a"}': '3x60',
  'lamplight_fences_total{instance="a"}': '0x60',
  'lamplight_store_losses_total{instance="a"}': '0x60',
  'lamplight_repairs_total{instance="a",reason="missed"}': '0x60',
  'lamplight_postgres_failures_total{instance="a"}': '0x60',
  'lamplight_postgres_connections{instance="a",state="waiting"}': '0x60',
  'lamplight_refusals_total{instance="a",code="INTERNAL"}': '0x60',
  'lamplight_refusals_total{instance="a",code="SERVICE_UNAVAILABLE"}': '0x60',
  'lamplight_connections_ended_total{instance="a",ending="slow"}': '0+1x60',
  'lamplight_auth_failures_total{instance="a",reason="invalid"}': '0+3x60',
  'lamplight_handshakes_rejected_total{instance="a",reason="origin"}': '0x60',
  'nodejs_eventloop_lag_p99_seconds{job="lamplight",instance="a"}': '0.06x60',
  'process_open_fds{job="lamplight",instance="a"}': '300x60',
  'process_max_fds{job="lamplight",instance="a"}': '1000x60',
};
const AMISS: Readonly<Record<string, Series>> = {
  LamplightEngineDown: { 'lamplight_engine_up{instance="a"}': '0x60' },
  LamplightOnlineSeenLate: { 'lamplight_propagation_seconds_bucket{instance="a",le="0.5"}': '0+50x60' },
  LamplightDeparturesStuck: { 'lamplight_sweep_seconds_count{instance="a"}': '100x60' },
  LamplightMassDeparture: { 'lamplight_users_online{instance="a"}': '2000x55 1000x5' },
  LamplightPrivacyInDoubt: { 'lamplight_changes_fresh{instance="a"}': '0x60' },
  LamplightLastSeenLate: { 'lamplight_last_seen_waiting{instance="a"}': '1000x60' },
  LamplightDrainTooLong: { 'lamplight_draining{instance="a"}': '1x60' },
  LamplightDown: { 'up{job="lamplight",instance="a"}': '0x60' },
  LamplightFenced: { 'lamplight_fences_total{instance="a"}': '0x50 1x10' },
  LamplightStoreLost: { 'lamplight_store_losses_total{instance="a"}': '0x50 1x10' },
  LamplightMessagesLost: { 'lamplight_repairs_total{instance="a",reason="missed"}': '0+60x60' },
  LamplightEventLoopLate: { 'nodejs_eventloop_lag_p99_seconds{job="lamplight",instance="a"}': '0.5x60' },
  LamplightRedisSlow: { 'lamplight_redis_call_seconds_bucket{instance="a",le="0.05"}': '0+50x60' },
  LamplightRedisBehind: { 'lamplight_unacknowledged{instance="a"}': '200x60' },
  LamplightPostgresAway: { 'lamplight_postgres_failures_total{instance="a"}': '0+15x60' },
  LamplightPostgresPoolFull: { 'lamplight_postgres_connections{instance="a",state="waiting"}': '2x60' },
  LamplightBug: { 'lamplight_refusals_total{instance="a",code="INTERNAL"}': '0x50 1x10' },
  LamplightUnavailable: { 'lamplight_refusals_total{instance="a",code="SERVICE_UNAVAILABLE"}': '0+30x60' },
  LamplightSlowReaders: { 'lamplight_connections_ended_total{instance="a",ending="slow"}': '0+30x60' },
  LamplightTokensRefused: { 'lamplight_auth_failures_total{instance="a",reason="invalid"}': '0+300x60' },
  LamplightPagesRefused: { 'lamplight_handshakes_rejected_total{instance="a",reason="origin"}': '0+20x60' },
  LamplightFilesRunOut: { 'process_open_fds{job="lamplight",instance="a"}': '900x60' },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamplight-alerts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Asks whether exactly these alerts are firing after a quarter of an hour of such values. */
function day(series: Series, alerts: readonly string[]) {
  return {
    interval: '15s',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
        eval_time: '15m',
        exp_samples: alerts.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })),
      },
    ],
  };
}

async function verdict(tests: readonly object[]): Promise<string> {
  const path = join(folder, 'tests.yml');
  await writeFile(path, JSON.stringify({ rule_files: [RULES], evaluation_interval: '1m', tests }));
  return promtool(['test', 'rules', path]);
}

it('nobody is woken while all is well, and each alert tells of what it is about and of nothing else', async () => {
  const alerts = [...(await readFile(RULES, 'utf8')).matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  expect(Object.keys(AMISS)).toEqual(alerts);
  const days = Object.entries(AMISS).map(([alert, series]) => day({ ...WELL, ...series }, [alert]));
  expect(await verdict([day(WELL, []), ...days])).toMatch(/SUCCESS/);
});

it('an alert that slept through its trouble would be noticed', async () => {
  expect(await verdict([day(WELL, ['LamplightDown'])])).toMatch(/FAILED/);
});
