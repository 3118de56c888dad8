import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { createLamplightClient, startHeartbeat, type LamplightClient } from '../../client/src/index.js';
import type { LamplightOptions } from '../../client/src/index.js';
import { TestApp } from '../support/app.js';
import { BRISK } from '../support/people.js';
import { until } from './until.js';

let app: TestApp;
const opened: LamplightClient[] = [];
const noListener = () => {};

/** Counts what goes over the wire, from outside. */
class CountedSocket extends WebSocket {
  static sent: { type: string; id?: string; payload?: { query?: string; variables?: Record<string, unknown> } }[] = [];
  static all: CountedSocket[] = [];

  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    CountedSocket.all.push(this);
  }

  override send(data: string): void {
    CountedSocket.sent.push(JSON.parse(data) as (typeof CountedSocket.sent)[number]);
    super.send(data);
  }
}

const sent = (word: string) => CountedSocket.sent.filter((message) => message.payload?.query?.includes(word) === true);

function open(userId: string, options: Partial<LamplightOptions> = {}): LamplightClient {
  const client = createLamplightClient({ url: app.url, token: () => app.token(userId), ...options });
  opened.push(client);
  return client;
}

const online = (client: LamplightClient) =>
  until('connected', () => client.connectionState.get().status === 'connected');

beforeAll(async () => {
  app = await TestApp.start(BRISK);
  await app.befriend('alice', 'bob', 'carol');
  await app.gather('lobby', 'alice', 'bob', 'carol');
});
afterEach(() => {
  for (const client of opened.splice(0)) client.dispose();
  CountedSocket.sent = [];
  CountedSocket.all = [];
});
afterAll(() => app.stop());

it('somebody on screen is seen as they are, and as they change', async () => {
  const alice = open('alice');
  alice.presences.watch('bob', noListener);
  await until('bob is offline', () => alice.presences.get('bob')?.status === 'OFFLINE');
  const bob = open('bob', { platform: 'MOBILE' });
  await until('bob is there', () => alice.presences.get('bob')?.isOnline);
  expect(alice.presences.get('bob')?.platforms).toEqual(['MOBILE']);
  await bob.myself.setStatus({ status: 'DO_NOT_DISTURB', message: { text: 'In a meeting', emoji: '📞' } });
  await until('bob is busy', () => alice.presences.get('bob')?.message?.text === 'In a meeting');
  expect(bob.myself.state.get().me?.customStatus).toBe('DO_NOT_DISTURB');
  await bob.myself.setStatus({ status: 'ONLINE', clearMessage: true });
  await until('bob is free', () => alice.presences.get('bob')?.message === null);
});

it('somebody who does not exist is told apart from somebody not heard of yet', async () => {
  const alice = open('alice');
  alice.presences.watch('nobody-of-that-name', noListener);
  expect(alice.presences.get('nobody-of-that-name')).toBeUndefined();
  await until('nobody', () => alice.presences.get('nobody-of-that-name') === null);
});

it('however many rows show the same people, the server hears of each once', async () => {
  const alice = open('alice', { webSocket: CountedSocket });
  await online(alice);
  const stops = ['bob', 'carol', 'bob', 'bob'].map((id) => alice.presences.watch(id, noListener));
  await until('both', () => alice.presences.get('bob') && alice.presences.get('carol'));
  const asked = sent('statusChanged').map(({ payload }) => payload?.variables?.['userIds']);
  expect(asked).toContainEqual(['bob', 'carol']);
  stops[0]?.();
  alice.presences.watch('alice', noListener);
  await until('alice', () => alice.presences.get('alice'));
  const again = sent('statusChanged').map(({ payload }) => payload?.variables?.['userIds']);
  expect(again.filter((ids) => JSON.stringify(ids).includes('bob'))).toHaveLength(1);
});

it('a list of contacts is there at once and stays current', async () => {
  const alice = open('alice');
  alice.contacts.subscribe(noListener);
  await until('two contacts', () => alice.contacts.get().people.length === 2);
  expect(alice.contacts.get().people.map(({ userId }) => userId)).toEqual(['bob', 'carol']);
  open('carol');
  await until('carol', () => alice.contacts.get().people.find(({ userId }) => userId === 'carol')?.isOnline);
});

it('typing is seen by the others, told rarely however fast one types, and ends with a word', async () => {
  const alice = open('alice', { webSocket: CountedSocket });
  const bob = open('bob');
  await Promise.all([online(alice), online(bob)]);
  const seen = bob.typing('lobby');
  seen.subscribe(noListener);
  const typing = alice.typing('lobby');
  // The other side may not be listening yet: keys go on until it does.
  await until('alice types', () => {
    typing.typed();
    return seen.get().length === 1;
  });
  expect(seen.get()[0]?.displayName).toBe('alice');
  for (let i = 0; i < 50; i += 1) typing.typed();
  expect(sent('typingStart').length).toBeLessThanOrEqual(2);
  typing.stopped();
  await until('alice has stopped', () => seen.get().length === 0, 1500);
});

it('who began to type before one looked is seen as well', async () => {
  const alice = open('alice');
  await online(alice);
  const keys = setInterval(() => alice.typing('lobby').typed(), 200);
  const bob = open('bob');
  bob.typing('lobby').subscribe(noListener);
  await until('alice types', () => bob.typing('lobby').get().length === 1).finally(() => clearInterval(keys));
});

it('who hides is hidden from those who watch, within a second', async () => {
  const alice = open('alice');
  const bob = open('bob');
  alice.presences.watch('bob', noListener);
  await until('bob is there', () => alice.presences.get('bob')?.isOnline);
  const privacy = await bob.myself.updatePrivacy({ online: 'NOBODY' });
  expect(privacy.online).toBe('NOBODY');
  await until('bob is hidden', () => alice.presences.get('bob')?.isOnline === false, 1500);
  await bob.myself.updatePrivacy({ online: 'EVERYONE' });
  await until('bob is back', () => alice.presences.get('bob')?.isOnline);
  expect((await bob.myself.block('alice')).blockedUserIds).toEqual(['alice']);
  await until('alice is blocked', () => alice.presences.get('bob')?.isOnline === false, 1500);
  expect((await bob.myself.unblock('alice')).blockedUserIds).toEqual([]);
});

it('a lost connection comes back by itself, with what has changed meanwhile', async () => {
  const alice = open('alice', { webSocket: CountedSocket });
  alice.presences.watch('bob', noListener);
  await until('bob is offline', () => alice.presences.get('bob')?.isOnline === false);
  const bob = open('bob');
  // What the server does not understand it cuts off, as good as any loss.
  CountedSocket.all.at(-1)?.close(4999, 'lost');
  await until('the loss is seen', () => alice.connectionState.get().status === 'reconnecting');
  await online(alice);
  await until('bob is there', () => alice.presences.get('bob')?.isOnline);
  bob.dispose();
  await until('bob has left', () => alice.presences.get('bob')?.isOnline === false);
});

it('a token that ends is replaced in time, and nobody sees anything of it', async () => {
  let asked = 0;
  const alice = open('alice', {
    webSocket: CountedSocket,
    token: () => app.token('alice', (asked += 1) === 1 ? 3 : 600),
  });
  await online(alice);
  await until('a new token is said', () => CountedSocket.sent.some(({ type, payload }) => type === 'ping' && payload));
  expect(CountedSocket.all).toHaveLength(1);
  expect(alice.connectionState.get().status).toBe('connected');
});

it('an expired token is asked for again; a bad one ends it until somebody signs in', async () => {
  let tokens = [app.token('alice', -60), app.token('alice')];
  const token = () => tokens.shift() ?? 'no token at all';
  const alice = open('alice', { token });
  await online(alice);
  alice.disconnect();
  expect(alice.connectionState.get().status).toBe('disconnected');
  alice.connect();
  await until('refused', () => alice.connectionState.get().status === 'refused');
  tokens = [app.token('alice')];
  alice.connect();
  await online(alice);
});

it('whoever gives tokens may be away for a while', async () => {
  let tries = 0;
  const token = async () => {
    tries += 1;
    if (tries < 3) throw new Error('The identity provider is away');
    return app.token('alice');
  };
  await online(open('alice', { token }));
  expect(tries).toBeGreaterThanOrEqual(3);
});

it('who goes offline stays so while watching, until they come back', async () => {
  const alice = open('alice');
  const bob = open('bob');
  alice.presences.watch('bob', noListener);
  await until('bob is there', () => alice.presences.get('bob')?.isOnline);
  await bob.goOffline();
  await until('bob is gone', () => alice.presences.get('bob')?.isOnline === false, 2500);
  expect(bob.awayState.get()).toBe(true);
  expect(bob.connectionState.get().status).toBe('connected');
  bob.comeBack();
  await until('bob is back', () => alice.presences.get('bob')?.isOnline);
});

it('a client without a socket is kept online by its heartbeats', async () => {
  const alice = open('alice');
  alice.presences.watch('carol', noListener);
  await until('carol is offline', () => alice.presences.get('carol')?.isOnline === false);
  const stop = startHeartbeat({ url: app.url, token: () => app.token('carol'), deviceId: 'script', platform: 'BOT' });
  await until('carol is there', () => alice.presences.get('carol')?.platforms.includes('BOT'));
  stop();
  await until('carol is gone', () => alice.presences.get('carol')?.isOnline === false);
});

it('what subscriptions bring is in the cache of Apollo as well', async () => {
  const alice = open('alice');
  alice.presences.watch('bob', noListener);
  await until('bob', () => alice.presences.get('bob'));
  expect(Object.keys(alice.apollo.cache.extract() as object)).toContain('UserPresence:{"userId":"bob"}');
});

it('a page that says goodbye keeps nothing running', async () => {
  const alice = createLamplightClient({ url: app.url, token: () => app.token('alice'), webSocket: CountedSocket });
  alice.presences.watch('bob', noListener);
  await online(alice);
  alice.dispose();
  await until('the socket is closed', () =>
    CountedSocket.all.every(({ readyState }) => readyState === WebSocket.CLOSED),
  );
});
