import { DataSource } from 'typeorm';

import { schema } from '../../src/boot/schema.js';
import { Changes } from '../../src/kernel/changes/changes.service.js';
import type { ChangesBus } from '../../src/kernel/changes/changes.service.js';
import { SystemClock } from '../../src/kernel/clock.js';
import type { Clock } from '../../src/kernel/clock.js';
import { loadConfig } from '../../src/kernel/config/config.js';
import type { Config, Environment } from '../../src/kernel/config/config.js';
import { serviceOptions } from '../../src/kernel/database/database.options.js';
import { Directory } from '../../src/kernel/directory/directory.service.js';

export const JWT_SECRET = 'a secret of the tests, which is long enough';
export const SERVICE_TOKEN = 'a service token of the tests';

/** One instance's kernel over a database, without HTTP. */
export interface Kernel {
  readonly config: Config;
  readonly database: DataSource;
  readonly changes: Changes;
  readonly directory: Directory;
  close(): Promise<void>;
}

export interface KernelOptions {
  readonly clock?: Clock;
  readonly bus?: ChangesBus;
  /** False: the changes are never read nor trusted, as in an instance that cannot reach anything. */
  readonly follow?: boolean;
  readonly env?: Environment;
}

export function testConfig(env: Environment = {}): Config {
  const keys = env['JWT_PUBLIC_KEY'] || env['JWKS_URL'] ? {} : { JWT_SECRET };
  return loadConfig({ ...keys, SERVICE_TOKEN, ...env });
}

export async function startKernel(databaseUrl: string, options: KernelOptions = {}): Promise<Kernel> {
  const clock = options.clock ?? new SystemClock();
  const config = testConfig(options.env);
  const database = await new DataSource(serviceOptions(databaseUrl, await schema())).initialize();
  const changes = new Changes(database, clock, config);
  const directory = new Directory(database, changes, clock);
  if (options.follow !== false) await changes.onApplicationBootstrap();
  if (options.bus) await changes.connect(options.bus);
  return {
    config,
    database,
    changes,
    directory,
    close: async () => {
      changes.onApplicationShutdown();
      if (database.isInitialized) await database.destroy();
    },
  };
}
