// How fast Node can be with `ws` and ioredis and nothing else: an event is serialised once, and the same payload is
// sent to everybody who watches. No GraphQL, no privacy, no limits, no presence.
import { createHmac, timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { BACKLOG, KEY, LEASE_SECONDS, PORT, REDIS_PORT } from './settings.mjs';

const BEFORE = Buffer.from('{"id":"00000000-0000-4000-8000-000000000000","type":"next","payload":{"data":');
const AFTER = Buffer.from('}}');
const TEXT = { binary: false };
const OK = Buffer.from('ok');
const CHANNEL = 'status.';

const commands = new Redis(REDIS_PORT, '127.0.0.1', { enableAutoPipelining: true });
const subscriber = new Redis(REDIS_PORT, '127.0.0.1');
const watchers = new Map();

subscriber.on('messageBuffer', (channel, event) => {
  const sockets = watchers.get(channel.latin1Slice(CHANNEL.length));
  if (!sockets) return;
  const payload = Buffer.concat([BEFORE, event, AFTER]);
  for (const socket of sockets) socket.send(payload, TEXT);
});

async function watch(socket, userIds) {
  const fresh = [];
  for (const userId of userIds) {
    let sockets = watchers.get(userId);
    if (!sockets) {
      watchers.set(userId, (sockets = new Set()));
      fresh.push(CHANNEL + userId);
    }
    sockets.add(socket);
    socket.watched.push(userId);
  }
  if (fresh.length > 0) await subscriber.subscribe(...fresh);
}

/** HS256 only; throws for every other token. */
function subjectOf(token) {
  const end = token.lastIndexOf('.');
  const expected = createHmac('sha256', KEY).update(token.slice(0, end)).digest();
  const given = Buffer.from(token.slice(end + 1), 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Error('not signed by us');
  const { sub, exp } = JSON.parse(Buffer.from(token.slice(token.indexOf('.') + 1, end), 'base64url'));
  if (exp * 1000 < Date.now()) throw new Error('expired');
  return sub;
}

const hold = (userId) => commands.set(`presence:${userId}`, '1', 'EX', LEASE_SECONDS);

async function answer(userId, body) {
  const { variables } = JSON.parse(body);
  if (variables?.userIds) {
    const found = await commands.mget(variables.userIds.map((id) => `status:${id}`));
    return `{"data":{"userStatuses":[${found.join(',')}]}}`;
  }
  await hold(userId);
  return '{"data":{"heartbeat":{"success":true,"nextHeartbeatInSeconds":15}}}';
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', async () => {
    try {
      const text = await answer(subjectOf(request.headers.authorization.slice(7)), Buffer.concat(parts));
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    } catch {
      response.writeHead(401).end();
    }
  });
});

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
server.on('upgrade', (request, connection, head) => {
  let userId;
  try {
    userId = subjectOf(request.url.slice(request.url.indexOf('=') + 1));
  } catch {
    return connection.destroy();
  }
  sockets.handleUpgrade(request, connection, head, (socket) => {
    socket.watched = [];
    socket.on('error', () => {});
    socket.on('close', () => socket.watched.forEach((id) => watchers.get(id).delete(socket)));
    socket.on('message', async (data) => {
      const { watch: userIds } = JSON.parse(data);
      await (userIds ? watch(socket, userIds) : hold(userId));
      socket.send(OK, TEXT);
    });
  });
});
server.listen(PORT, '127.0.0.1', BACKLOG);
