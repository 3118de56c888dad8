import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { cruise } from 'dependency-cruiser';
import type { ICruiseOptions, ICruiseResult, IConfiguration } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { afterEach, describe, expect, it } from 'vitest';

const { forbidden, options } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as IConfiguration;
const ROOT = join(import.meta.dirname, '../..');

/** Which rules the sources below `baseDir` break, each once, with who imports whom. */
async function broken(baseDir: string): Promise<string[]> {
  const rules: ICruiseOptions = { validate: true, ruleSet: { forbidden: forbidden ?? [] }, baseDir };
  const tsConfig = extractTSConfig(join(ROOT, 'tsconfig.json'));
  const { output } = await cruise(['src'], { ...(options as ICruiseOptions), ...rules }, undefined, { tsConfig });
  return (output as ICruiseResult).summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
}

const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true }))));

/** A small tree of sources: path to the path that it imports. */
async function sources(imports: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lamplight-imports-'));
  folders.push(folder);
  for (const [path, imported] of Object.entries(imports)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(
      join(folder, path),
      imported === '' ? 'export const one = 1;\n' : `import { one } from '${imported}';\nexport const two = one;\n`,
    );
  }
  return folder;
}

describe('somebody who reads the code', () => {
  it('finds imports going one way only', async () => {
    expect(await broken(ROOT)).toEqual([]);
  });
});

describe('somebody who imports against the stream is stopped', () => {
  it.each([
    ['kernel-leans-on-nothing', 'src/kernel/a.ts', '../engine/engine.js', 'src/engine/engine.ts'],
    [
      'engine-knows-the-kernel-only',
      'src/engine/a.ts',
      '../presence/presence.service.js',
      'src/presence/presence.service.ts',
    ],
    ['privacy-before-features', 'src/privacy/a.ts', '../presence/presence.types.js', 'src/presence/presence.types.ts'],
    ['presence-and-typing-apart', 'src/presence/a.ts', '../typing/typing.service.js', 'src/typing/typing.service.ts'],
    [
      'typing-and-presence-apart',
      'src/typing/a.ts',
      '../engine/redis/redis.engine.js',
      'src/engine/redis/redis.engine.ts',
    ],
    [
      'transports-see-faces',
      'src/transports/ws/a.ts',
      '../../presence/presence.repository.js',
      'src/presence/presence.repository.ts',
    ],
    ['transports-see-faces', 'src/transports/ws/a.ts', '../../engine/engine.js', 'src/engine/engine.ts'],
    ['wires-apart', 'src/transports/ws/a.ts', '../rest/rest.errors.js', 'src/transports/rest/rest.errors.ts'],
    ['nobody-imports-the-roof', 'src/typing/a.ts', '../boot/seed.js', 'src/boot/seed.ts'],
    ['rules-are-pure', 'src/privacy/a.rules.ts', './privacy.service.js', 'src/privacy/privacy.service.ts'],
    ['tests-stay-outside', 'src/kernel/a.ts', './b.spec.js', 'src/kernel/b.spec.ts'],
  ])('by %s', async (rule, path, specifier, imported) => {
    const folder = await sources({ [path]: specifier, [imported]: '' });
    expect(await broken(folder)).toContain(`${rule}: ${path} -> ${imported}`);
  });

  it('by no-cycles', async () => {
    const folder = await sources({ 'src/kernel/a.ts': './b.js', 'src/kernel/b.ts': './a.js' });
    expect(await broken(folder)).toContainEqual(expect.stringMatching(/^no-cycles: /));
  });
});
