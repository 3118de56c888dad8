import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Vite would take graphql's ES modules where Node takes the others, and graphql refuses to meet itself.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['src/**/*.spec.ts', 'test/**/*.spec.ts'],
    // Installs a project of its own from the registry: `npm run test:package`.
    exclude: ['node_modules/**', ...(process.env['PACKAGE'] ? [] : ['test/web/package.spec.ts'])],
    setupFiles: ['reflect-metadata'],
    globalSetup: ['test/support/postgres.global.ts'],
    pool: 'forks',
    // Files start servers of their own and keep promises about time: one at a time leaves a small machine room.
    maxWorkers: 1,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    coverage: { provider: 'v8', include: ['src/**/*.ts'], exclude: ['src/**/*.spec.ts'] },
  },
});
