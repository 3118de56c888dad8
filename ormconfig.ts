import { DataSource } from 'typeorm';

import { schema } from './src/boot/schema.js';
import { loadConfig } from './src/kernel/config/config.js';
import { environment } from './src/kernel/config/environment.js';
import { bareOptions } from './src/kernel/database/database.options.js';

const config = loadConfig(environment());
if (config.databaseUrl === null) throw new Error('Set DATABASE_URL for the TypeORM command line');

/** For the TypeORM command line, on built files: `npx typeorm migration:show -d dist/ormconfig.js`. */
export default new DataSource(bareOptions(config.databaseUrl, await schema()));
