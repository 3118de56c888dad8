import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** Every page of the documents, as paths below the repository. */
export async function allPages(): Promise<string[]> {
  const folder = async (path: string, recursive = false) =>
    (await readdir(join(ROOT, path), { recursive }))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(path, name));
  return [...(await folder('.')), ...(await folder('docs', true)), ...(await folder('client'))].sort();
}

export const readPage = (page: string): Promise<string> => readFile(join(ROOT, page), 'utf8');

/** The code blocks of a page that are opened with exactly these words, such as `sh` or `tsx main.tsx`. */
export async function codeOf(page: string, opening: string): Promise<string[]> {
  const blocks = (await readPage(page)).matchAll(/^```([^\n`]+)\n(.*?)^```/gms);
  return [...blocks].filter(([, words]) => words === opening).map(([, , code = '']) => code);
}

/** The only block of that kind. */
export async function theCodeOf(page: string, opening: string): Promise<string> {
  const [code, ...more] = await codeOf(page, opening);
  if (code === undefined || more.length > 0) throw new Error(`${page} should have one block of ${opening}`);
  return code;
}
