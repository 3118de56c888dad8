import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createVitest, type TestRunResult } from 'vitest/node';

/** One way to break presence, and who has to notice. */
interface Mutant {
  readonly name: string;
  /** Below `src`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** A file of tests, or `lint`. */
  readonly caughtBy: string;
  /** Of those tests, the ones whose names have it. */
  readonly named?: string;
}

interface Row {
  readonly result: string;
  readonly seconds: string;
  readonly date: string;
}

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/mutants.md');
const COPIED = [
  'src',
  'test',
  'migrations',
  'scripts',
  'package.json',
  'tsconfig.json',
  'eslint.config.js',
  '.dependency-cruiser.cjs',
  'vitest.config.ts',
  'schema.gql',
];
const SHARED = ['node_modules', '.cache'];
const HEAD = `# Mutants

\`npm run test:mutants\` breaks a copy of the sources in one way after the other and runs the tests that have to notice,
which are green without it. The list is \`test/model/mutants.json\`; words after the command pick mutants by name, and
only their rows below change. A mutant that survives is a test that is missing.
`;

/*
 * Breaks a copy of the sources in one way after the other and sees who notices. Names after the command pick some. What
 * was found is put into docs/mutants.md; rows of mutants that were not run stay as they are.
 */
const all = JSON.parse(await readFile(join(import.meta.dirname, 'mutants.json'), 'utf8')) as readonly Mutant[];
const wanted = process.argv.slice(2);
const chosen = all.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const rows = rowsOf(await readFile(PAGE, 'utf8'));
const folder = await mkdtemp(join(tmpdir(), 'lamplight-mutants-'));
for (const name of COPIED) await cp(join(ROOT, name), join(folder, name), { recursive: true });
for (const name of SHARED) await symlink(join(ROOT, name), join(folder, name));
process.chdir(folder);
// Which of many histories was the shortest does not matter here.
process.env['SHRINK'] = 'off';
const vitest = await createVitest('test', { root: folder, watch: false, reporters: [{}] });
try {
  await vitest.standalone();
  const green = new Map<string, string | null>();
  for (const mutant of chosen) {
    const tests = `${mutant.caughtBy} ${mutant.named ?? ''}`;
    if (!green.has(tests)) green.set(tests, await failing(mutant));
    const before = green.get(tests) ?? null;
    const began = performance.now();
    const noticed = before === null ? await broken(mutant) : null;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    // Tests that fail by themselves notice nothing.
    const result = before !== null ? 'no verdict' : noticed === null ? 'SURVIVED' : 'caught';
    rows.set(mutant.name, { result, seconds, date: new Date().toISOString().slice(0, 10) });
    process.stdout.write(`${result} | ${mutant.name} | ${seconds} s | ${before ?? noticed ?? tests}\n`);
    await writeFile(PAGE, page());
  }
} finally {
  await vitest.close();
  process.chdir(ROOT);
  await rm(folder, { recursive: true, force: true });
}
const survived = chosen.filter(({ name }) => rows.get(name)?.result !== 'caught');
process.stdout.write(`${chosen.length - survived.length} of ${chosen.length} caught\n`);
process.exit(survived.length === 0 ? 0 : 1);

/** Who notices: the first test that fails, or null. */
async function broken(mutant: Mutant): Promise<string | null> {
  const path = join(folder, 'src', mutant.file);
  const source = await readFile(path, 'utf8');
  if (source.split(mutant.from).length !== 2)
    throw new Error(`The source has changed, the mutant has to as well: ${mutant.name}`);
  await writeFile(
    path,
    source.replace(mutant.from, () => mutant.to),
  );
  vitest.invalidateFile(path);
  try {
    return await failing(mutant);
  } finally {
    await writeFile(path, source);
    vitest.invalidateFile(path);
  }
}

async function failing({ caughtBy, named, file }: Mutant): Promise<string | null> {
  if (caughtBy === 'lint') return lintOf(file);
  const specifications = await vitest.globTestSpecifications([caughtBy]);
  if (specifications.length !== 1) throw new Error(`${caughtBy} is ${specifications.length} files`);
  if (named === undefined) vitest.resetGlobalTestNamePattern();
  else vitest.setGlobalTestNamePattern(named);
  // What earlier runs of other files left behind is in the answer too.
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specifications);
  const own = testModules.filter(({ moduleId }) => moduleId === specifications[0]?.moduleId);
  return failureOf({ testModules: own, unhandledErrors }, caughtBy);
}

function failureOf({ testModules, unhandledErrors }: TestRunResult, file: string): string | null {
  let passed = 0;
  for (const module of testModules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'failed') return test.name;
      if (state === 'passed') passed += 1;
    }
    if (!module.ok()) return file;
  }
  if (unhandledErrors.length > 0) return 'an error that nobody handles';
  return passed === 0 ? `no test of that name in ${file}` : null;
}

async function lintOf(file: string): Promise<string | null> {
  try {
    await promisify(execFile)('npx', ['eslint', join('src', file)], { cwd: folder });
    return null;
  } catch {
    return 'the linter';
  }
}

function rowsOf(text: string): Map<string, Row> {
  const found = new Map<string, Row>();
  for (const line of text.split('\n')) {
    const [, name = '', , result = '', seconds = '', date = ''] = line.split('|').map((cell) => cell.trim());
    if (result === 'caught' || result === 'SURVIVED' || result === 'no verdict')
      found.set(name, { result, seconds, date });
  }
  return found;
}

function page(): string {
  const cells = all.map(({ name, caughtBy, named }) => {
    const { result = 'not run', seconds = '', date = '' } = rows.get(name) ?? {};
    return [name, `\`${caughtBy}\`${named === undefined ? '' : `, “${named}”`}`, result, seconds, date];
  });
  const table = [['mutant', 'who has to notice', 'result', 'seconds', 'measured'], ...cells];
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0))) ?? [];
  const lines = table.map((row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return `${HEAD}\n${lines.join('\n')}\n`;
}
