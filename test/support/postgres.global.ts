import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import type { Embedded } from '../../src/kernel/database/embedded/embedded.js';
import { startEmbedded } from '../../src/kernel/database/embedded/embedded.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server of this run; `startPostgres` makes databases in it. */
    postgresUrl: string;
  }
}

// Nothing here has to outlive a power cut.
const FAST = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '200' };

/** One real Postgres for the whole run. Started once, before the first file. */
export default async function (project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'lamplight-test-'));
  const server: Embedded = await startEmbedded(dataDir, FAST);
  project.provide('postgresUrl', server.url);
  return async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
