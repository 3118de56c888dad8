import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { build } from 'vite';

const HERE = import.meta.dirname;
const STAMP = join(HERE, 'dist/stamp');
const INPUTS = ['demo', 'ide', 'vite.demo.ts', 'vite.ide.ts', '../client/src', '../package-lock.json'];

/** Builds the demo and the IDE, unless what they are made of is what it was. */
async function buildPages(): Promise<void> {
  const stamp = await stampOf(INPUTS.map((path) => join(HERE, path)));
  if ((await readFile(STAMP, 'utf8').catch(() => '')) === stamp) return;
  for (const page of ['demo', 'ide']) await build({ configFile: join(HERE, `vite.${page}.ts`), logLevel: 'error' });
  await mkdir(join(HERE, 'dist'), { recursive: true });
  await writeFile(STAMP, stamp);
}

async function stampOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) for (const file of await filesIn(path)) hash.update(file).update(await readFile(file));
  return hash.digest('hex');
}

async function filesIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => null);
  if (!entries) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

// Libraries leave their checks for developers out when this says so.
process.env['NODE_ENV'] = 'production';
await buildPages();
