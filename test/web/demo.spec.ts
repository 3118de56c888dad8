import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';

import { TestApp } from '../support/app.js';
import { BRISK } from '../support/people.js';
import { barriers } from './accessibility.js';
import { TestBrowser } from './browser.js';
import { Screen } from './screen.js';

vi.setConfig({ testTimeout: 60_000 });

const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'frank'];

let app: TestApp;
let browser: TestBrowser;
let page: Page;
let alice: Screen;
let bob: Screen;

beforeAll(async () => {
  app = await TestApp.start(BRISK);
  await app.befriend(...PEOPLE);
  await app.know('erin');
  await app.gather('lobby', ...PEOPLE, 'erin');
  browser = await TestBrowser.open(app.url);
});
beforeEach(async () => {
  for (const id of ['alice', 'bob']) await startAnew(id);
  page = await browser.page('/demo');
  alice = new Screen(page, 0);
  bob = new Screen(page, 1);
  await alice.sees('bob', 'ONLINE');
  await bob.sees('alice', 'ONLINE');
});
afterEach(async () => {
  await page.close();
  expect(browser.complaints).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

it('two people see each other, and what they are up to', async () => {
  await alice.sees('carol', 'OFFLINE');
  await alice.press('Status');
  await alice.pane.getByText('Do not disturb').click();
  await bob.sees('alice', 'DO_NOT_DISTURB');
  await alice.press(/Lunch/);
  await alice.choose('Clear', 'After 10 seconds');
  await alice.press('Set message');
  await bob.readsOf('alice', '🍜 Lunch');
  await alice.press('Clear now');
  await bob.contact('alice').getByText('Lunch').waitFor({ state: 'detached' });
  await alice.pane.getByText('Invisible').click();
  await bob.sees('alice', 'OFFLINE');
  await alice.reads('Invisible: others see you offline');
  await alice.pane.getByText('Away when nothing moves').click();
  await bob.sees('alice', 'ONLINE');
});

it('a message that clears itself is gone from the other screen without anybody doing anything', async () => {
  await alice.press('Status');
  await alice.pane.getByLabel('Message', { exact: true }).fill('Back in a second');
  await alice.choose('Clear', 'After 10 seconds');
  await alice.press('Set message');
  await bob.readsOf('alice', 'Back in a second');
  await bob.contact('alice').getByText('Back in a second').waitFor({ state: 'detached', timeout: 20_000 });
});

it('typing is seen on the other screens, by name and number, and a message ends it', async () => {
  await page.getByRole('button', { name: 'Add a person' }).click();
  const carol = new Screen(page, 2);
  await carol.sees('alice', 'ONLINE');
  await alice.types('Anyone');
  await bob.reads('alice is typing…');
  const both = carol.pane.getByText('alice and bob are typing…');
  while (!(await both.isVisible())) {
    await alice.types('!');
    await bob.types('.');
  }
  await alice.press('Send');
  await carol.reads(/Anyone!+/);
  await carol.readsNoMore(/typing…/);
});

it('a lobby full of people shows who is there, and counts those who type', async () => {
  const lobby = page.getByRole('button', { name: 'Fill the lobby' });
  await lobby.click();
  await alice.sees('frank', 'ONLINE');
  await alice.reads(/^\w+, \w+, and 2 others are typing…$/);
  await alice.readsOf('carol', '🚆 On the train');
  await alice.contact('carol').getByRole('img', { name: 'phone' }).waitFor();
  await lobby.click();
  await alice.sees('frank', 'OFFLINE');
  await alice.readsNoMore(/typing…/);
});

it('the phone of somebody is seen as one', async () => {
  await alice.choose('Device of screen 1', 'on a phone');
  await bob.contact('alice').getByRole('img', { name: 'phone' }).waitFor();
});

it('who hides is hidden on the other screen at once', async () => {
  await alice.press('Privacy');
  await alice.choose('Who sees me online', 'Nobody');
  await bob.sees('alice', 'OFFLINE', 5000);
  await alice.choose('Who sees me online', 'Everyone');
  await bob.sees('alice', 'ONLINE', 5000);
  await alice.choose(/^bob/, 'Blocked');
  await bob.sees('alice', 'OFFLINE', 5000);
  await alice.sees('bob', 'OFFLINE', 5000);
  await alice.choose(/^bob/, 'As above');
  await bob.sees('alice', 'ONLINE', 5000);
  await alice.pane.getByLabel(/Show when I type/).click();
  await alice.pane.getByRole('checkbox', { name: /Show when I type/, checked: false }).waitFor();
  await alice.types('quietly');
  await alice.pane.getByLabel(/Show when I type/).click();
  await alice.types(' now');
  await bob.reads('alice is typing…');
});

it('who leaves is seen to leave; a pulled plug is not seen until its grace is over', async () => {
  await alice.press('Leave');
  await bob.sees('alice', 'OFFLINE', 8000);
  await bob.readsOf('alice', 'Last seen just now');
  await alice.press('Plug in again');
  await bob.sees('alice', 'ONLINE');
  await alice.press('Pull the plug');
  const pulledAt = performance.now();
  await alice.reads(/Plug pulled/);
  await bob.sees('alice', 'OFFLINE', 10_000);
  expect(performance.now() - pulledAt).toBeGreaterThan(Number(BRISK.OFFLINE_GRACE_MS) - 300);
});

it('last seen keeps counting while one looks', async () => {
  await page.clock.install();
  await page.reload();
  await bob.sees('alice', 'ONLINE');
  await alice.press('Leave');
  await bob.readsOf('alice', 'Last seen just now');
  await page.clock.fastForward(5 * 60_000);
  await bob.readsOf('alice', 'Last seen 5 minutes ago');
  await page.clock.fastForward(60_000);
  await bob.readsOf('alice', 'Last seen 6 minutes ago');
});

it('nobody at the keys for five minutes is seen as away, and a move of the mouse brings them back', async () => {
  await page.clock.install();
  await page.reload();
  await bob.sees('alice', 'ONLINE');
  await page.clock.fastForward(5 * 60_000 + 1000);
  await bob.sees('alice', 'IDLE');
  await page.mouse.move(40, 40);
  await bob.sees('alice', 'ONLINE');
});

it('who goes offline on purpose still sees the others', async () => {
  await alice.press('Go offline');
  await bob.sees('alice', 'OFFLINE', 8000);
  await alice.sees('bob', 'ONLINE');
  await alice.press('Come back');
  await bob.sees('alice', 'ONLINE');
});

it('with a keyboard alone one changes one’s status', async () => {
  await alice.pane.getByRole('button', { name: 'Status' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await bob.sees('alice', 'IDLE');
  await page.keyboard.press('ArrowUp');
  await bob.sees('alice', 'ONLINE');
});

it.each(['light', 'dark'] as const)('nobody meets a barrier, in the %s', async (colorScheme) => {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await alice.press('Status');
  await bob.press('Privacy');
  await bob.reads('Exceptions');
  expect(await barriers(page)).toEqual([]);
});

it('while nothing is known yet, the page says so', async () => {
  let answer = () => {};
  const asked = new Promise<void>((resolve) => (answer = resolve));
  await page.route('**/dev/token', (route) => asked.then(() => route.continue()));
  await page.reload();
  await alice.reads('Connecting…');
  await alice.reads('Loading contacts');
  await alice.reads('Nothing said yet', 1000);
  answer();
  await alice.sees('bob', 'ONLINE');
});

it('who knows nobody is told so', async () => {
  await alice.choose('Who is at screen 1', 'Erin');
  await alice.reads('No contacts yet.');
});

it('without a network the page says so, and goes on when it is back', async () => {
  browser.forgive(/ERR_INTERNET_DISCONNECTED/);
  await alice.press('Leave');
  await page.context().setOffline(true);
  await alice.press('Plug in again');
  await alice.reads('No network');
  await page.context().setOffline(false);
  await alice.reads('Live');
  await bob.sees('alice', 'ONLINE');
});

it('somebody who is not in the directory is told so', async () => {
  browser.forgive(/status of 404/);
  await page.route('**/dev/token', (route) => route.fulfill({ status: 404, json: { success: false } }));
  await alice.choose('Who is at screen 1', 'Carol');
  await alice.reads('carol is not in the directory yet.');
});

/** What an earlier test has left: a message, a status, settings. */
async function startAnew(userId: string): Promise<void> {
  const query = `mutation {
    setCustomStatus(status: ONLINE, clearMessage: true) { status }
    updatePrivacy(input: { online: EVERYONE, typing: true, neverUserIds: [], alwaysUserIds: [] }) { typing }
    unblockUser(userId: "${userId === 'alice' ? 'bob' : 'alice'}") { typing }
  }`;
  const answer = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${app.token(userId)}` },
    body: JSON.stringify({ query }),
  });
  expect(await answer.json()).not.toHaveProperty('errors');
}
