import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { Directory } from '../../src/kernel/directory/directory.service.js';
import { TestApp } from '../support/app.js';
import { codeOf } from '../support/pages.js';

let app: TestApp;
let commands: readonly string[];

beforeAll(async () => {
  app = await TestApp.start();
  await app.befriend('alice', 'bob');
  const blocks = await codeOf('README.md', 'sh');
  commands = blocks.filter((code) => code.includes('curl'));
});
afterAll(() => app.stop());

/** A command of the page, asked of our instance; answers what it prints. */
async function run(command: string): Promise<string> {
  const script = `set -euo pipefail\n${command.replaceAll('localhost:3000', app.url)}`;
  const env = { ...process.env, SERVICE_TOKEN: app.config.serviceToken ?? '' };
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env });
  return stdout;
}

it('a stranger who asks as the first page says is answered', async () => {
  expect(commands).toHaveLength(2);
  const answer = await run(commands[0] ?? '');
  expect(JSON.parse(answer)).toEqual({
    data: { heartbeat: { nextHeartbeatInSeconds: 15, presence: { status: 'ONLINE', platforms: ['WEB'] } } },
  });
});

it('a back end that imports as the first page says has its people there', async () => {
  expect(JSON.parse(await run(commands[1] ?? ''))).toEqual({ success: true, imported: 3, rejected: [] });
  expect(await app.nest.get(Directory).user('grace')).toMatchObject({ displayName: 'Grace' });
});
