import { defineConfig } from 'vitest/config';

/** They start browsers or several servers of their own, and keep promises about time: nothing else runs beside them. */
const ALONE = [
  'src/kernel/database/embedded/embedded.spec.ts',
  'test/behaviour/killed-instance.spec.ts',
  'test/boot/process.spec.ts',
  'test/faults/**/*.spec.ts',
  'test/web/**/*.spec.ts',
];
/** Installs a project of its own from the registry: `npm run test:package`. */
const PACKAGE = 'test/web/package.spec.ts';

export default defineConfig({
  // Vite would take graphql's ES modules where Node takes the others, and graphql refuses to meet itself.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    setupFiles: ['reflect-metadata'],
    globalSetup: ['test/support/postgres.global.ts'],
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], exclude: ['src/**/*.spec.ts'] },
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['src/**/*.spec.ts', 'test/**/*.spec.ts'],
          exclude: ['node_modules/**', ...ALONE],
          // Most of a test is waiting; more than two at a time would make each other late on a small machine.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          exclude: ['node_modules/**', ...(process.env['PACKAGE'] ? [] : [PACKAGE])],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
