import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { chooseAccount } from './account.js';
import type { Account } from './account.js';
import { findBinaries } from './binaries.js';

export const USER = 'postgres';

/** A data folder that a server can be started in, and what it takes to start one. */
export interface Cluster {
  readonly folder: string;
  /** Overwritten at every start. */
  readonly logFile: string;
  readonly postgres: string;
  readonly account: Account;
}

/** Finds or makes the cluster of a data folder. */
export async function prepareCluster(dataDir: string): Promise<Cluster> {
  const folder = join(dataDir, 'postgres');
  const { initdb, postgres } = await findBinaries();
  await mkdir(dataDir, { recursive: true });
  const account = chooseAccount(initdb, folder);
  if (await exists(folder)) await account.own(folder);
  else await makeCluster(folder, initdb, account);
  return { folder, logFile: join(dataDir, 'postgres.log'), postgres, account };
}

async function makeCluster(folder: string, initdb: string, account: Account): Promise<void> {
  // Made beside its place, so that one that was interrupted is never taken for a whole one.
  const making = await mkdtemp(`${folder}.`);
  await account.own(making);
  const flags = [
    `--pgdata=${making}`,
    `--username=${USER}`,
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  const { file, args, ...as } = account.command(initdb, flags);
  try {
    const { status, stderr, error } = spawnSync(file, args, {
      ...as,
      cwd: '/',
      encoding: 'utf8',
      env: serverEnvironment(),
    });
    if (status !== 0) throw new Error(`The embedded Postgres could not be set up: ${error?.message ?? stderr.trim()}`);
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    // Another process may have been faster: then the cluster is there, and its lock decides whose it is.
    if (!(await exists(folder))) throw error;
  }
}

/** Nothing of ours is Postgres's business; one language keeps its messages readable for us. */
export const serverEnvironment = () => ({ PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' });

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
