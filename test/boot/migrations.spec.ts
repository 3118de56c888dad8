import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { schema } from '../../src/boot/schema.js';
import { bareOptions } from '../../src/kernel/database/database.options.js';
import { migrate } from '../../src/kernel/database/migrate.js';
import type { TestDatabase } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';

let database: TestDatabase;
let source: DataSource;
beforeAll(async () => {
  database = await startPostgres();
  source = await new DataSource(bareOptions(database.url, await schema())).initialize();
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const drift = async () => (await source.driver.createSchemaBuilder().log()).upQueries.map(({ query }) => query);

it('a developer finds the tables exactly as the entities say', async () => {
  expect(await drift()).toEqual([]);
});

it('a developer who changes a table in one place only is told', async () => {
  await source.query('ALTER TABLE users ADD COLUMN forgotten integer');
  expect(await drift()).toEqual(['ALTER TABLE "users" DROP COLUMN "forgotten"']);
  await source.query('ALTER TABLE users DROP COLUMN forgotten');
});

it('an operator can go all the way back, and forth again', async () => {
  const names = source.migrations.map(({ name }) => name);
  for (const _ of names) await source.undoLastMigration();
  const tables = await source.query<{ tablename: string }[]>(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
  );
  expect(tables.map(({ tablename }) => tablename)).toEqual(['migrations']);
  await source.runMigrations();
  expect(await drift()).toEqual([]);
});

it('instances that start together migrate once', async () => {
  for (const _ of source.migrations) await source.undoLastMigration();
  const tables = await schema();
  await Promise.all([migrate(database.url, tables), migrate(database.url, tables), migrate(database.url, tables)]);
  const rows = await source.query<unknown[]>('SELECT name FROM migrations');
  expect(rows).toHaveLength(tables.migrations.length);
});
