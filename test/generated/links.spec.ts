import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

import { describe, expect, it } from 'vitest';

import { allPages, readPage, ROOT } from '../support/pages.js';

/** Targets of `[words](target)` and `![words](target)` outside of code, without those on other hosts. */
function targetsIn(text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, 'code');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/i.test(target));
}

/** What a heading is called in an address. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

function anchorsIn(text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, '');
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

async function broken(page: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const target of targetsIn(text)) {
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(ROOT, file))) found.push(`${page}: there is no ${file}`);
    else if (anchor !== undefined && !anchorsIn(await readPage(file)).includes(anchor))
      found.push(`${page}: ${file} has no heading #${anchor}`);
  }
  return found;
}

describe('somebody who follows a link of the documents', async () => {
  it.each(await allPages())('arrives: %s', async (page) => {
    expect(await broken(page, await readPage(page))).toEqual([]);
  });

  it('would be told of one that leads nowhere', async () => {
    const text = '[a](nowhere.md) [b](metrics.md#no-such-heading) [c](metrics.md#metrics) [d](https://example.com)';
    expect(await broken('docs/x.md', text)).toEqual([
      'docs/x.md: there is no docs/nowhere.md',
      'docs/x.md: docs/metrics.md has no heading #no-such-heading',
    ]);
  });
});
