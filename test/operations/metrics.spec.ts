import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TestApp } from '../support/app.js';

describe('somebody who watches over it', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start();
  });
  afterAll(() => app.stop());

  it('reads numbers without a token while developing', async () => {
    const answer = await fetch(`${app.url}/metrics`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toContain('lamplight_connections{transport="graphql-ws"} 0');
  });
});
