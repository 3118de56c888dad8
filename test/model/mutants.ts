import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** One way to break presence, and who has to notice. */
interface Mutant {
  readonly name: string;
  /** Below `src`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Arguments of vitest. */
  readonly caughtBy: readonly string[];
}

const ROOT = join(import.meta.dirname, '../..');
const COPIED = [
  'src',
  'test',
  'migrations',
  'scripts',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'schema.gql',
];
const SHARED = ['node_modules', '.cache'];
const PATIENCE_MS = 300_000;

/** Breaks a copy of the sources in one way after the other and sees who notices. Names after the command pick some. */
const folder = await mkdtemp(join(tmpdir(), 'lamplight-mutants-'));
try {
  for (const name of COPIED) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  for (const name of SHARED) await symlink(join(ROOT, name), join(folder, name));
  const all = JSON.parse(await readFile(join(import.meta.dirname, 'mutants.json'), 'utf8')) as readonly Mutant[];
  const wanted = process.argv.slice(2);
  const chosen = all.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  for (const tests of new Set(chosen.map(({ caughtBy }) => caughtBy.join('\n'))))
    if (await fails(tests.split('\n'))) throw new Error(`It fails without a mutant: ${tests}`);
  let survived = 0;
  for (const mutant of chosen) {
    const caught = await isCaught(mutant);
    if (!caught) survived += 1;
    process.stdout.write(`| ${caught ? 'caught  ' : 'SURVIVED'} | ${mutant.name} | ${mutant.caughtBy.join(' ')} |\n`);
  }
  process.stdout.write(`${chosen.length - survived} of ${chosen.length} caught\n`);
  process.exitCode = survived === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function isCaught({ file, from, to, caughtBy, name }: Mutant): Promise<boolean> {
  const path = join(folder, 'src', file);
  const source = await readFile(path, 'utf8');
  if (!source.includes(from)) throw new Error(`The source has changed, the mutant has to as well: ${name}`);
  await writeFile(
    path,
    source.replace(from, () => to),
  );
  try {
    return await fails(caughtBy);
  } finally {
    await writeFile(path, source);
  }
}

async function fails(tests: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)('npx', ['vitest', 'run', ...tests], { cwd: folder, timeout: PATIENCE_MS });
    return false;
  } catch {
    return true;
  }
}
