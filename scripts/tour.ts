/*
 * A tour of Lamplight with three real Apollo clients: what one person does, and what the others see of it.
 * It fails with what was awaited and what was seen when something is not seen in time.
 *
 *   LAMPLIGHT_URL  one running instance, or several with commas between; people are spread over them.
 *                  Without it: the one on port 3000, or else one that is started for the tour and stopped after it.
 *   SERVICE_TOKEN  lets the tour make its people; needed only where alice, bob and carol are not there already.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';

import { ApolloClient, gql, InMemoryCache, type TypedDocumentNode } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

const CONVERSATION = 'lobby';
const PEOPLE = ['alice', 'bob', 'carol'] as const;
const SOON_MS = 3000;
/** How long nothing has to happen to be believed. */
const NOTHING_MS = 2500;
const LEAVE_GRACE_MS = Number(process.env['LEAVE_GRACE_MS'] ?? 2000);
const OFFLINE_GRACE_MS = Number(process.env['OFFLINE_GRACE_MS'] ?? 15_000);
const TYPING_TTL_MS = Number(process.env['TYPING_TTL_MS'] ?? 5000);

interface Presence {
  readonly userId: string;
  readonly status: string;
  readonly lastSeen: string | null;
  readonly platforms: readonly string[];
  readonly message: { readonly text: string; readonly emoji: string | null } | null;
}

interface Typing {
  readonly userId: string;
  readonly isTyping: boolean;
}

type Sight = { readonly at: number } & ({ readonly presence: Presence } | { readonly typing: Typing });

const STATUS: TypedDocumentNode<{ statusChanged: Presence }> = gql`
  subscription {
    statusChanged(snapshot: true) {
      userId
      status
      lastSeen
      platforms
      message {
        text
        emoji
      }
    }
  }
`;
const TYPING: TypedDocumentNode<{ userTyping: Typing }> = gql`
  subscription {
    userTyping {
      userId
      isTyping
    }
  }
`;
const ME: TypedDocumentNode<{
  me: { customStatus: string; presence: { status: string }; connections: readonly unknown[] };
}> = gql`
  query {
    me {
      customStatus
      presence {
        status
      }
      connections {
        id
      }
    }
  }
`;

const say = (line: string) => process.stdout.write(`${line}\n`);

class NotSeen extends Error {}

/** One person with one client, and everything that it was sent. */
class Visitor {
  readonly id: string;
  readonly name: string;
  readonly sights: Sight[] = [];
  private readonly url: string;
  private token = '';
  private apollo: ApolloClient | null = null;
  private client: Client | null = null;
  private socket: WebSocket | null = null;
  private network = Promise.resolve();
  private restore: () => void = () => {};

  constructor(id: string, url: string) {
    this.id = id;
    this.name = id.charAt(0).toUpperCase() + id.slice(1);
    this.url = url;
  }

  /** Also undoes what a tour that failed may have left. */
  async signIn(): Promise<void> {
    const { token } = (await ask(`${this.url}/dev/token`, 'POST', { userId: this.id })) as { token: string };
    this.token = token;
    const others = PEOPLE.filter((id) => id !== this.id).map(
      (id, i) => `u${i}: unblockUser(userId: "${id}") { typing }`,
    );
    const query = `mutation {
      setCustomStatus(status: ONLINE, clearMessage: true) { userId }
      updatePrivacy(input: { lastSeen: EVERYONE, online: EVERYONE, neverUserIds: [], typing: true }) { typing }
      ${others.join(' ')}
      goOffline { userId }
    }`;
    await ask(`${this.url}/graphql`, 'POST', { query }, { authorization: `Bearer ${token}` });
  }

  /** Opens the app: one socket for everything, as a browser would. */
  async arrive(): Promise<void> {
    const keep = (socket: WebSocket) => (this.socket = socket);
    class Kept extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol);
        keep(this);
      }
    }
    this.client = createClient({
      url: `${this.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: Kept,
      lazy: false,
      connectionParams: { authorization: `Bearer ${this.token}`, platform: 'WEB' },
      // A client comes back by itself, as soon as there is a network.
      retryAttempts: Number.MAX_SAFE_INTEGER,
      shouldRetry: () => true,
      retryWait: async () => {
        await pause(500);
        await this.network;
      },
    });
    const connected = new Promise((resolve) => this.client?.on('connected', resolve));
    this.apollo = new ApolloClient({ link: new GraphQLWsLink(this.client), cache: new InMemoryCache() });
    await connected;
    const record = (sight: ({ presence: Presence } | { typing: Typing }) & { at: number }) => this.sights.push(sight);
    const failed = { error: (error: unknown) => say(`   ${this.name}'s subscription failed: ${String(error)}`) };
    this.apollo.subscribe({ query: STATUS, fetchPolicy: 'no-cache' }).subscribe({
      next: ({ data }) => data && record({ presence: data.statusChanged, at: performance.now() }),
      ...failed,
    });
    this.apollo.subscribe({ query: TYPING, fetchPolicy: 'no-cache' }).subscribe({
      next: ({ data }) => data && record({ typing: data.userTyping, at: performance.now() }),
      ...failed,
    });
  }

  async does(mutation: string): Promise<void> {
    await this.apollo?.mutate({ mutation: gql`mutation { ${mutation} }`, fetchPolicy: 'no-cache' });
  }

  async me() {
    const answer = await this.apollo?.query({ query: ME, fetchPolicy: 'no-cache' });
    if (!answer?.data) throw new NotSeen(`${this.name} was to see who they are and saw nothing`);
    return answer.data.me;
  }

  async leave(): Promise<void> {
    await this.client?.dispose();
    this.apollo?.stop();
    this.sights.length = 0;
  }

  /** Tears the socket down without a word. The client has no network until `reconnect`. */
  loseNetwork(): void {
    this.network = new Promise((resolve) => (this.restore = resolve));
    this.socket?.terminate();
  }

  regainNetwork(): void {
    this.restore();
  }

  /** The next thing that this visitor is shown of the other has to be this. */
  async sees(other: Visitor, what: string, withinMs: number, holds: (sight: Sight) => boolean): Promise<Sight> {
    const began = performance.now();
    for (;;) {
      const index = this.sights.findIndex((sight) => aboutOf(sight) === other.id);
      const [sight] = index < 0 ? [] : this.sights.splice(index, 1);
      if (sight && holds(sight)) {
        tell(this, describe(other, sight), sight.at - deedAt);
        return sight;
      }
      if (sight) throw new NotSeen(`${this.name} was to see ${what}, and saw: ${describe(other, sight)}`);
      if (performance.now() - began > withinMs)
        throw new NotSeen(`${this.name} was to see ${what} within ${withinMs} ms, and saw nothing`);
      await pause(5);
    }
  }

  seesNothingOf(other: Visitor): void {
    const sight = this.sights.find((one) => aboutOf(one) === other.id);
    if (sight) throw new NotSeen(`${this.name} was to see nothing, and saw: ${describe(other, sight)}`);
    tell(this, styleText('dim', 'nothing'), null);
  }
}

const aboutOf = (sight: Sight) => ('presence' in sight ? sight.presence.userId : sight.typing.userId);

function describe(other: Visitor, sight: Sight): string {
  if ('typing' in sight) return `${other.name} ${sight.typing.isTyping ? 'is typing …' : 'has stopped typing'}`;
  const { status, message, platforms, lastSeen } = sight.presence;
  const said = message ? `, "${message.text}"${message.emoji ? ` ${message.emoji}` : ''}` : '';
  const where = platforms.length > 0 ? ` on ${platforms.join(', ')}` : '';
  return `${other.name} is ${status}${where}${said} ${styleText('dim', lastSeen ? `(last seen ${lastSeen.slice(11, 23)})` : '(no last seen)')}`;
}

let deedAt = 0;
let scenes = 0;
let sightsTold = 0;

async function scene(title: string, deed: () => unknown): Promise<void> {
  scenes += 1;
  say(`\n${styleText('bold', `${String(scenes).padStart(2)}  ${title}`)}`);
  deedAt = performance.now();
  await deed();
}

function tell(viewer: Visitor, what: string, ms: number | null): void {
  sightsTold += 1;
  say(`      ${viewer.name} sees  ${what}${ms === null ? '' : styleText('dim', `  ${elapsed(Math.max(ms, 0))}`)}`);
}

const elapsed = (ms: number) => (ms < 1000 ? `after ${Math.round(ms)} ms` : `after ${(ms / 1000).toFixed(1)} s`);
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const is =
  (status: string, more: (presence: Presence) => boolean = () => true) =>
  (sight: Sight) =>
    'presence' in sight && sight.presence.status === status && more(sight.presence);
const types = (isTyping: boolean) => (sight: Sight) => 'typing' in sight && sight.typing.isTyping === isTyping;

async function tour(alice: Visitor, bob: Visitor, carol: Visitor): Promise<void> {
  const both = [alice, carol];
  const bothSee = async (what: string, withinMs: number, holds: (sight: Sight) => boolean) => {
    for (const viewer of both) await viewer.sees(bob, what, withinMs, holds);
  };

  await scene('Alice and Carol open the app; Bob is not here', async () => {
    for (const viewer of both) await viewer.arrive();
    await bothSee('Bob OFFLINE', SOON_MS, is('OFFLINE'));
  });
  await scene('Bob opens his laptop', () => bob.arrive());
  await bothSee('Bob ONLINE', SOON_MS, is('ONLINE'));

  await scene('Bob does not want to be disturbed', () =>
    bob.does('setCustomStatus(status: DO_NOT_DISTURB, message: { text: "Deep work", emoji: "🎧" }) { userId }'),
  );
  await bothSee(
    'Bob DO_NOT_DISTURB with a message',
    SOON_MS,
    is('DO_NOT_DISTURB', ({ message }) => message?.text === 'Deep work'),
  );
  await scene('Bob closes his laptop', () => bob.leave());
  await bothSee(
    'Bob OFFLINE',
    LEAVE_GRACE_MS + SOON_MS,
    is('OFFLINE', ({ message }) => message === null),
  );
  await scene('Bob opens it again: what he chose was kept', () => bob.arrive());
  await bothSee(
    'Bob DO_NOT_DISTURB as before',
    SOON_MS,
    is('DO_NOT_DISTURB', ({ message }) => message?.text === 'Deep work'),
  );
  await scene('Bob is back to normal', () =>
    bob.does('setCustomStatus(status: ONLINE, clearMessage: true) { userId }'),
  );
  await bothSee(
    'Bob ONLINE without a message',
    SOON_MS,
    is('ONLINE', ({ message }) => message === null),
  );

  await scene('Bob types in the lobby, and sends what he wrote', () =>
    bob.does(`typingStart(conversationId: "${CONVERSATION}") { success }`),
  );
  await bothSee('Bob typing', SOON_MS, types(true));
  deedAt = performance.now();
  await bob.does(`typingStop(conversationId: "${CONVERSATION}") { success }`);
  await bothSee('the end of it', SOON_MS, types(false));
  await scene('Bob types, and is called away', () =>
    bob.does(`typingStart(conversationId: "${CONVERSATION}") { success }`),
  );
  await bothSee('Bob typing', SOON_MS, types(true));
  await bothSee('the end of it by itself', TYPING_TTL_MS + SOON_MS, types(false));

  await scene('Bob hides his last seen while both are watching', () =>
    bob.does('updatePrivacy(input: { showLastSeen: false }) { showLastSeen }'),
  );
  await bothSee(
    'Bob ONLINE without a last seen',
    SOON_MS,
    is('ONLINE', ({ lastSeen }) => lastSeen === null),
  );
  await scene('Bob shows it again', () => bob.does('updatePrivacy(input: { showLastSeen: true }) { showLastSeen }'));
  await bothSee(
    'Bob ONLINE with a last seen',
    SOON_MS,
    is('ONLINE', ({ lastSeen }) => lastSeen !== null),
  );

  await scene('Bob blocks Carol', () => bob.does(`blockUser(userId: "${carol.id}") { typing }`));
  await carol.sees(
    bob,
    'Bob OFFLINE without a last seen',
    SOON_MS,
    is('OFFLINE', ({ lastSeen }) => lastSeen === null),
  );
  await scene('Bob is idle; for Carol he is still somebody who has gone', () =>
    bob.does('setCustomStatus(status: IDLE) { userId }'),
  );
  await alice.sees(bob, 'Bob IDLE', SOON_MS, is('IDLE'));
  await pause(NOTHING_MS);
  carol.seesNothingOf(bob);
  await bob.does('setCustomStatus(status: ONLINE) { userId }');
  await alice.sees(bob, 'Bob ONLINE', SOON_MS, is('ONLINE'));
  await scene('Bob unblocks Carol', () => bob.does(`unblockUser(userId: "${carol.id}") { typing }`));
  await carol.sees(bob, 'Bob ONLINE', SOON_MS, is('ONLINE'));
  await pause(NOTHING_MS / 5);
  alice.seesNothingOf(bob);

  await scene("Bob's network fails for a moment; his client comes back by itself", async () => {
    bob.loseNetwork();
    bob.regainNetwork();
    await pause(NOTHING_MS);
  });
  for (const viewer of both) viewer.seesNothingOf(bob);
  await scene(`Bob's network fails for longer than the grace of ${OFFLINE_GRACE_MS / 1000} s`, () => bob.loseNetwork());
  const lostAt = Date.now();
  const atTheLoss = ({ lastSeen }: Presence) => Math.abs(Date.parse(lastSeen ?? '') - lostAt) < 2000;
  await bothSee('Bob OFFLINE, last seen when it failed', OFFLINE_GRACE_MS + SOON_MS, is('OFFLINE', atTheLoss));
  await scene('It is back', () => bob.regainNetwork());
  await bothSee('Bob ONLINE', SOON_MS, is('ONLINE'));

  await scene('Bob becomes invisible', () => bob.does('setCustomStatus(status: INVISIBLE) { userId }'));
  await bothSee('Bob OFFLINE', SOON_MS, is('OFFLINE'));
  const own = await bob.me();
  if (own.customStatus !== 'INVISIBLE' || own.connections.length !== 1)
    throw new NotSeen(`Bob was to see himself INVISIBLE with his connection, and saw ${JSON.stringify(own)}`);
  tell(
    bob,
    `himself ${own.customStatus}, with ${own.connections.length} connection, and that others see him ${own.presence.status}`,
    null,
  );
  await scene('Bob types and moves about, unseen', async () => {
    await bob.does(`typingStart(conversationId: "${CONVERSATION}") { success }`);
    await bob.does('heartbeat { success }');
    await pause(NOTHING_MS);
  });
  for (const viewer of both) viewer.seesNothingOf(bob);
  await scene('Bob wants to be seen', () => bob.does('setCustomStatus(status: ONLINE) { userId }'));
  await bothSee('Bob ONLINE', SOON_MS, is('ONLINE'));
}

async function ask(url: string, method: string, body: object, headers: Record<string, string> = {}): Promise<unknown> {
  const request = { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
  const response = await fetch(url, request).catch(() => {
    throw new Error(`Nothing answers at ${url}`);
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answers ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** As a back end tells the service about its people. */
async function introduce(url: string, token: string): Promise<void> {
  const tell = (path: string, body: object = {}) =>
    ask(`${url}/api/internal/${path}`, 'PUT', body, { 'x-secret-token': token });
  for (const id of PEOPLE) await tell(`users/${id}`, { username: id, displayName: id });
  for (const id of PEOPLE) {
    await tell(`conversations/${CONVERSATION}/members/${id}`);
    for (const other of PEOPLE) await tell(`users/${id}/contacts/${other}`);
  }
}

/** An instance of the tour's own, with nothing set: its Postgres is embedded, its presence in memory. */
async function startOne(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'lamplight-tour-'));
  const main = join(import.meta.dirname, '../dist/src/main.js');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOST: '127.0.0.1',
    PORT: '0',
    GRPC_PORT: '0',
    DATA_DIR: join(folder, 'data'),
  };
  const child: ChildProcess = spawn(process.execPath, [main], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  let printed = '';
  for await (const text of child.stdout ?? []) {
    printed += String(text);
    const url = /ready at (http:\/\/\S+)/.exec(printed)?.[1];
    if (url) return { url, stop };
  }
  throw new Error(`Lamplight did not start: ${printed}`);
}

async function running(url: string): Promise<boolean> {
  try {
    const answer: unknown = await (await fetch(`${url}/health/ready`)).json();
    return typeof answer === 'object' && answer !== null && 'checks' in answer;
  } catch {
    return false;
  }
}

const given = (process.env['LAMPLIGHT_URLS'] ?? process.env['LAMPLIGHT_URL'] ?? '').split(',').filter(Boolean);
const usual = 'http://localhost:3000';
const own = given.length === 0 && !(await running(usual)) ? await startOne() : null;
const urls = own ? [own.url] : given.length > 0 ? given.map((url) => url.replace(/\/$/, '')) : [usual];
const [alice, bob, carol] = PEOPLE.map((id, i) => new Visitor(id, urls[i % urls.length] ?? usual)) as [
  Visitor,
  Visitor,
  Visitor,
];
const began = performance.now();
try {
  const serviceToken = process.env['SERVICE_TOKEN'];
  if (serviceToken) await introduce(urls[0] ?? usual, serviceToken);
  for (const visitor of [alice, bob, carol]) await visitor.signIn();
  say(`A tour of Lamplight at ${urls.join(' and ')}${own ? ', started for it' : ''}`);
  await tour(alice, bob, carol);
  say(
    `\nAll of it was seen: ${sightsTold} sights in ${scenes} scenes, ${((performance.now() - began) / 1000).toFixed(0)} s.`,
  );
} catch (error) {
  process.exitCode = 1;
  say(styleText('red', `\nThe tour ends here. ${error instanceof Error ? error.message : String(error)}`));
} finally {
  for (const visitor of [bob, alice, carol]) await visitor.leave();
  await own?.stop();
}
