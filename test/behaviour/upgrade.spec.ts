import { HttpAdapterHost } from '@nestjs/core';
import { IncomingMessage } from 'node:http';
import { connect, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Drains } from '../../src/kernel/drains.js';
import { Addresses } from '../../src/transports/addresses.js';
import { UpgradeRouter } from '../../src/transports/upgrade.js';
import { ManualClock } from '../contract/manual.clock.js';
import { TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ MAX_CONNECTIONS_PER_ADDRESS: '3' });
});
afterAll(() => app.stop());

/** The raw answer to an upgrade, once the server has closed. */
function answerTo(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname, () =>
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
          'Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      ),
    );
    let answer = '';
    socket.on('data', (data) => {
      answer += data.toString();
      if (answer.startsWith('HTTP/1.1 101')) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

describe('an upgrade of a connection', () => {
  it('that nobody wants is answered and closed at once', async () => {
    expect(await answerTo('/nope')).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  });

  it('is refused while one address has too many, and taken again when one has gone', async () => {
    const open = await Promise.all(
      Array.from(
        { length: 3 },
        () =>
          new Promise<WebSocket>((resolve) => {
            const ws = new WebSocket(`${app.wsUrl}/graphql`, 'graphql-transport-ws');
            ws.on('open', () => resolve(ws));
          }),
      ),
    );
    expect(await answerTo('/graphql')).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: \d+\r\n/s);
    open[0]?.terminate();
    await vi.waitFor(async () => expect(await answerTo('/graphql')).toMatch(/^HTTP\/1\.1 101 /), { timeout: 10_000 });
    for (const ws of open) ws.terminate();
  });

  it('is refused to whoever shakes hands without end, for a second', async () => {
    const clock = new ManualClock();
    const addresses = new Addresses(app.config, clock);
    const router = new UpgradeRouter(app.nest.get(HttpAdapterHost), app.config, addresses, new Drains(clock));
    addresses.onApplicationBootstrap();
    const handshake = () => router.judge(new IncomingMessage(new Socket()));
    for (let i = 0; i < 500; i += 1) expect(handshake()).toBeNull();
    expect(handshake()).toBe(503);
    await clock.turn(1000);
    expect(handshake()).toBeNull();
    addresses.onApplicationShutdown();
  });

  it('is for another instance while this one stops', async () => {
    app.nest.get(Drains).begin();
    expect(await answerTo('/graphql')).toMatch(/^HTTP\/1\.1 503 .*\r\nRetry-After: \d+\r\n/s);
    expect(await answerTo('/nope')).toMatch(/^HTTP\/1\.1 404 /);
  });
});
