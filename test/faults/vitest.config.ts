import { defineConfig } from 'vitest/config';

/** Everything that takes minutes: `npm run test:faults`. */
export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    root: '.',
    include: ['test/faults/**/*.faults.ts'],
    setupFiles: ['reflect-metadata'],
    globalSetup: ['test/support/postgres.global.ts'],
    pool: 'forks',
    maxWorkers: 1,
    disableConsoleIntercept: true,
    teardownTimeout: 30_000,
  },
});
