import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { TestDatabase } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await startPostgres();
});
afterAll(() => database.drop());

it('an operator finds every migration applied to a fresh database', async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query('SELECT name FROM migrations ORDER BY 1');
  await client.end();
  expect(rows.length).toBeGreaterThan(0);
});
