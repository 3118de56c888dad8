import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { build } from 'vite';
import { expect, it } from 'vitest';

const CLIENT = join(import.meta.dirname, '../../client/src');
const PEERS = /^(@apollo\/client|graphql|graphql-ws|react)(\/|$)/;
const GZIP_MAX_BYTES = 12 * 1024;

it('the client with its hooks weighs at most 12 kB, gzipped, beside what an app has anyway', async () => {
  const outDir = await mkdtemp(join(tmpdir(), 'lamplight-client-'));
  await build({
    configFile: false,
    root: CLIENT,
    logLevel: 'error',
    build: {
      outDir,
      minify: true,
      lib: { entry: { index: join(CLIENT, 'index.ts'), react: join(CLIENT, 'react/index.ts') }, formats: ['es'] },
      rolldownOptions: { external: PEERS },
    },
  });
  const files = (await readdir(outDir)).filter((name) => name.endsWith('.js'));
  const sizes = await Promise.all(files.map(async (name) => gzipSync(await readFile(join(outDir, name))).length));
  await rm(outDir, { recursive: true });
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  expect(bytes).toBeGreaterThan(4000);
  expect(bytes).toBeLessThanOrEqual(GZIP_MAX_BYTES);
});
