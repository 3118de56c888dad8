import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';

describe('somebody who watches over it', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ LEAVE_GRACE_MS: '0' });
    await app.befriend('ann', 'ben');
  });
  afterAll(() => app.stop());

  /** What a metric says now; labels as they are printed, without braces. */
  async function value(name: string, labels = ''): Promise<number> {
    const text = await (await fetch(`${app.url}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(labels === '' ? `${name} ` : `${name}{${labels}} `));
    return Number(line?.split(' ').at(-1));
  }

  it('reads numbers without a token while developing', async () => {
    const answer = await fetch(`${app.url}/metrics`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toContain('lamplight_connections{transport="graphql-ws"} 0');
  });

  it('sees people come, be watched, change and go', async () => {
    const opened = await value('lamplight_connections_opened_total', 'transport="graphql-ws"');
    const ben = await graphql.connect(app, 'ben', { presence: false });
    const views = ben.watch({ userIds: ['ann'], snapshot: true });
    await views.until((view) => view.status === 'OFFLINE', 5000);
    const ann = await graphql.connect(app, 'ann', {});
    await views.until((view) => view.status === 'ONLINE', 5000);

    expect(await value('lamplight_connections', 'transport="graphql-ws"')).toBe(2);
    expect(await value('lamplight_connections_opened_total', 'transport="graphql-ws"')).toBe(opened + 2);
    expect(await value('lamplight_users_online')).toBe(1);
    expect(await value('lamplight_users_watched')).toBe(1);
    expect(await value('lamplight_watches')).toBe(1);
    expect(await value('lamplight_transitions_total', 'cause="connection",to="ONLINE"')).toBe(1);
    expect(await value('lamplight_deliveries_total')).toBeGreaterThan(0);
    expect(await value('lamplight_postgres_query_seconds_count')).toBeGreaterThan(0);

    await ann.leave();
    await views.until((view) => view.status === 'OFFLINE', 6000);
    await vi.waitFor(async () =>
      expect(await value('lamplight_connections_ended_total', 'transport="graphql-ws",ending="left"')).toBe(1),
    );
    expect(await value('lamplight_users_online')).toBe(0);
    await ben.leave();
  });

  it('sees who is refused, and for what', async () => {
    const invalid = () => value('lamplight_auth_failures_total', 'reason="invalid"');
    const before = await invalid();
    await fetch(`${app.url}/users/online`, { headers: { authorization: 'Bearer nonsense' } });
    expect(await invalid()).toBe(before + 1);
    const missing = () => value('lamplight_refusals_total', 'code="USER_NOT_FOUND"');
    expect(await missing()).toBe(0);
    await fetch(`${app.url}/api/v1/users/nobody/status`, { headers: { authorization: `Bearer ${app.token('ann')}` } });
    expect(await missing()).toBe(1);
    expect(await value('lamplight_http_request_seconds_count', 'part="rest",outcome="4xx"')).toBeGreaterThanOrEqual(2);
  });
});
