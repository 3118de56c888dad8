import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { Directory } from '../../src/kernel/directory/directory.service.js';
import { TestApp } from '../support/app.js';
import { TestBrowser } from './browser.js';
import { Screen } from './screen.js';

vi.setConfig({ testTimeout: 60_000 });

/** `SCREENSHOTS=1` renews the pictures of the documents. */
const IMAGES = join(import.meta.dirname, '../../docs/images');
const KEEP = process.env['SCREENSHOTS'] === '1';

const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
const LOOKS: readonly (readonly [string, BrowserContextOptions])[] = [
  ['light', { viewport: { width: 1200, height: 800 }, colorScheme: 'light' }],
  ['dark', { viewport: { width: 1200, height: 800 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 390, height: 844 }, colorScheme: 'light', isMobile: true, hasTouch: true }],
];

let app: TestApp;

beforeAll(async () => {
  app = await TestApp.start();
  await app.befriend(...PEOPLE);
  for (const id of PEOPLE) {
    const displayName = id.charAt(0).toUpperCase() + id.slice(1);
    await app.nest.get(Directory).putUser({ id, username: id, displayName, avatarUrl: null });
  }
  await app.gather('lobby', ...PEOPLE);
});
afterAll(() => app?.stop());

it.each(LOOKS)('everything fits on the screen: %s', async (name, options) => {
  const browser = await TestBrowser.open(app.url, options);
  try {
    const page = await browser.page('/demo');
    await liven(page);
    const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(tooWide).toBeLessThanOrEqual(0);
    const picture = await page.screenshot({ fullPage: name !== 'phone' });
    expect(picture.length).toBeGreaterThan(10_000);
    if (KEEP) await keep(page, name);
    expect(browser.complaints).toEqual([]);
  } finally {
    await browser.close();
  }
});

/** A full lobby, somebody at lunch, somebody who types, and panels that are open. */
async function liven(page: Page): Promise<void> {
  const [alice, bob] = [new Screen(page, 0), new Screen(page, 1)];
  await alice.sees('bob', 'ONLINE');
  await bob.sees('alice', 'ONLINE');
  await page.getByRole('button', { name: 'Fill the lobby' }).click();
  await alice.press('Status');
  await alice.press(/Lunch/);
  await alice.press('Set message');
  await bob.readsOf('alice', '🍜 Lunch');
  await bob.types('Anyone for noodles?');
  await bob.press('Send');
  await bob.types('Back');
  await alice.reads(/others? are typing…/);
}

async function keep(page: Page, name: string): Promise<void> {
  await mkdir(IMAGES, { recursive: true });
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: join(IMAGES, `demo-${name}.png`), fullPage: name !== 'phone' });
}
