import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { METRICS, PROCESS_METRICS } from '../../src/kernel/metrics/metrics.table.js';
import { TestApp } from '../support/app.js';
import { ROOT } from '../support/pages.js';
import { promtool } from '../support/promtool.js';

const OPS = join(ROOT, 'ops');

/** Name of a series to its labels and their values; null: any. Prometheus adds `instance`, `job` and its own `up`. */
const SERIES = new Map<string, Readonly<Record<string, readonly string[] | null>>>();
for (const { name, kind, labels } of Object.values(METRICS)) {
  if (kind !== 'histogram') SERIES.set(name, labels);
  else for (const part of ['bucket', 'sum', 'count']) SERIES.set(`${name}_${part}`, { ...labels, le: null });
}
for (const name of [...PROCESS_METRICS, 'up']) SERIES.set(name, {});

/** Every series an expression selects, with its matchers. What is left of the language are words we know. */
function selected(expression: string): { name: string; matchers: [label: string, values: string[]][] }[] {
  const found = [...expression.matchAll(/\b([a-z][a-z0-9_]*)\b(?:\{([^}]*)\})?(?!\s*\()/g)];
  return found
    .filter(([, name = '']) => /^(lamplight|process|nodejs)_|^up$/.test(name))
    .map(([, name = '', matchers = '']) => ({
      name,
      matchers: [...matchers.matchAll(/(\w+)\s*=~?\s*"([^"]*)"/g)].map(([, label = '', value = '']) => [
        label,
        value.split('|'),
      ]),
    }));
}

function problems(expression: string): string[] {
  const series = selected(expression);
  if (series.length === 0) return [`selects nothing: ${expression}`];
  const groups = [...expression.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(/\s*,\s*/),
  );
  return series.flatMap(({ name, matchers }) => {
    const labels = SERIES.get(name);
    if (!labels) return [`no such metric: ${name}`];
    const known = { ...labels, instance: null, job: null };
    const values = matchers.flatMap(([label, asked]) => {
      if (!(label in known)) return [`${name} has no label ${label}`];
      const all = known[label as keyof typeof known] as readonly string[] | null;
      return all === null
        ? []
        : asked.filter((value) => !all.includes(value)).map((value) => `${name} has no ${label} ${value}`);
    });
    return [...values, ...groups.filter((label) => !(label in known)).map((label) => `${name} has no label ${label}`)];
  });
}

async function dashboardQueries(): Promise<string[]> {
  const { panels } = JSON.parse(await readFile(join(OPS, 'dashboard.json'), 'utf8')) as {
    panels: { title: string; targets?: { expr: string }[] }[];
  };
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}

async function alertExpressions(): Promise<string[]> {
  const text = await readFile(join(OPS, 'alerts.yml'), 'utf8');
  return [...text.matchAll(/^ +expr: (?:>-\n((?: {10}.+\n)+)|(.+)\n)/gm)].map(
    ([, folded, plain]) => folded ?? plain ?? '',
  );
}

describe('somebody who builds on the numbers', () => {
  it('finds every query of the dashboard answered by a metric that exists', async () => {
    const queries = await dashboardQueries();
    expect(queries.length).toBeGreaterThan(30);
    expect(queries.flatMap(problems)).toEqual([]);
  });

  it('finds every alert about a metric that exists', async () => {
    const expressions = await alertExpressions();
    const alerts = (await readFile(join(OPS, 'alerts.yml'), 'utf8')).match(/- alert: /g)?.length;
    expect(expressions).toHaveLength(alerts ?? 0);
    expect(expressions.flatMap(problems)).toEqual([]);
  });

  it('finds each metric of ours on the dashboard', async () => {
    const all = (await dashboardQueries()).join('\n');
    expect(Object.values(METRICS).filter(({ name }) => !all.includes(name))).toEqual([]);
  });

  it('would be told of a query about something else', () => {
    expect(problems('rate(lamplight_nonsense_total[5m])')).toEqual(['no such metric: lamplight_nonsense_total']);
    expect(problems('sum by (user) (lamplight_connections)')).toEqual(['lamplight_connections has no label user']);
    expect(problems('lamplight_connections{transport="pigeon"}')).toEqual([
      'lamplight_connections has no transport pigeon',
    ]);
  });
});

describe('Prometheus', () => {
  let app: TestApp;
  let folder: string;
  beforeAll(async () => {
    app = await TestApp.start();
    folder = await mkdtemp(join(tmpdir(), 'lamplight-ops-'));
  });
  afterAll(async () => {
    await app.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('takes the numbers without a remark', async () => {
    expect(await promtool(['check', 'metrics'], await (await fetch(`${app.url}/metrics`)).text())).toBe('');
  });

  it('takes the alerts and the example configuration', async () => {
    const config = (await readFile(join(OPS, 'prometheus.yml'), 'utf8')).replace('alerts.yml', join(OPS, 'alerts.yml'));
    await writeFile(join(folder, 'prometheus.yml'), config);
    await writeFile(join(folder, 'service-token'), 'a token');
    expect(await promtool(['check', 'config', join(folder, 'prometheus.yml')])).toMatch(/22 rules found/);
    expect(await promtool(['check', 'rules', join(OPS, 'alerts.yml')])).not.toMatch(/FAILED/);
  });

  it('is given exactly the metrics of the table, with the same labels however many people there are', async () => {
    const read = async () => {
      const text = await (await fetch(`${app.url}/metrics`)).text();
      return [...text.matchAll(/^([a-z_0-9]+)(\{[^}]*\})? /gm)].map(([, name = '', labels = '']) => name + labels);
    };
    const before = await read();
    await app.befriend('zoe-1', 'zoe-2', 'zoe-3');
    for (const id of ['zoe-1', 'zoe-2', 'zoe-3']) {
      const answer = await fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${app.token(id)}` },
        body: JSON.stringify({ query: 'mutation { heartbeat { success } }' }),
      });
      expect(await answer.json()).toEqual({ data: { heartbeat: { success: true } } });
    }
    const after = await read();
    const ours = (names: string[]) => [...new Set(names.map((name) => name.replace(/\{.*/, '')))].sort();
    expect(ours(after).filter((name) => !SERIES.has(name) && !name.startsWith('nodejs_gc_duration_seconds_'))).toEqual(
      [],
    );
    // Histograms with labels appear with their first value; nothing else does.
    const grown = after.filter((name) => !before.includes(name) && !/^(lamplight_http_request|nodejs_gc)_/.test(name));
    expect(grown).toEqual([]);
    expect(after.filter((name) => /zoe/.test(name))).toEqual([]);
  });
});

describe('in production', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ NODE_ENV: 'production', API_DOCS: 'false' });
  });
  afterAll(() => app.stop());

  it.each([
    ['nothing', {}, 401],
    ['a wrong token', { authorization: 'Bearer wrong' }, 401],
    ['the right token in another way', { 'x-secret-token': 'the service token of the tests' }, 401],
    ['the service token', { authorization: 'Bearer the service token of the tests' }, 200],
  ])('the numbers are for whoever brings the service token: %s', async (_what, headers, status) => {
    const answer = await fetch(`${app.url}/metrics`, { headers: headers as Record<string, string> });
    expect(answer.status).toBe(status);
    expect((await answer.text()).includes('lamplight_')).toBe(status === 200);
  });
});
