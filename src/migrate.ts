import 'reflect-metadata';

import { schema } from './boot/schema.js';
import { loadConfig } from './kernel/config/config.js';
import { environment } from './kernel/config/environment.js';
import { startEmbedded } from './kernel/database/embedded/embedded.js';
import { migrate, waitForDatabase } from './kernel/database/migrate.js';

/** `npm run migrate`: what every start does first, for deployments that do it in a step of its own. */
try {
  const config = loadConfig(environment());
  const embedded = config.databaseUrl === null ? await startEmbedded(config.dataDir) : null;
  const url = config.databaseUrl ?? embedded?.url ?? '';
  await waitForDatabase(url);
  await migrate(url, await schema());
  await embedded?.stop();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
