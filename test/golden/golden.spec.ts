import { afterAll, beforeAll, expect, it } from 'vitest';
import { status as Code } from '@grpc/grpc-js';
import { Directory } from '../../src/kernel/directory/directory.service.js';
import { graphql } from '../drivers/graphql.driver.js';
import { TestApp } from '../support/app.js';
import { type Failure, GrpcClient, type Subscription } from '../support/grpc.js';
import { freePort } from '../support/redis.js';
import { call, RawSocket } from './lines.js';
import { Transcript } from './transcript.js';

/*
 * What goes over each wire, frame by frame, held against files that people have read beside the contract. A change of
 * a frame is a change of one of them: `npx vitest run test/golden --update`.
 */

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({
    LEAVE_GRACE_MS: '0',
    OFFLINE_GRACE_MS: '0',
    TYPING_MIN_INTERVAL_MS: '0',
    GRPC_PORT: String(await freePort()),
    HEARTBEAT_SECONDS: '15',
  });
});
afterAll(() => app.stop());

/** Ann and Ben, friends who share a conversation, new to every transcript. */
async function settle(wire: string): Promise<{ ann: string; ben: string; room: string; transcript: Transcript }> {
  const [ann, ben, room] = [`ann.${wire}`, `ben.${wire}`, `room.${wire}`];
  const directory = app.nest.get(Directory);
  for (const [id, displayName] of [
    [ann, 'Ann'],
    [ben, 'Ben'],
  ] as const) {
    await directory.putUser({ id, username: id, displayName, avatarUrl: null });
    await directory.putMember(room, id);
  }
  await directory.putContact(ann, ben);
  await directory.putContact(ben, ann);
  return { ann, ben, room, transcript: new Transcript(app) };
}

/** A token that ends in a second or two, the tolerance of five included. */
const ENDING_S = -3;

it('plain WebSocket', async () => {
  const { ann, ben, room, transcript } = await settle('ws');
  const bens = graphql.calls(app, ben);
  const open = (query: string) => RawSocket.open(transcript, `${app.wsUrl}/ws${query}`);

  transcript.tell('no good token: let in and shown out');
  await (await open('?token=nonsense')).end();
  transcript.tell('a token that has expired');
  await (await open(`?token=${transcript.token(ann, -60)}`)).end();

  transcript.tell('a good one, while Ben is there');
  await bens.heartbeat({ deviceId: 'phone' });
  const anns = await open(`?token=${transcript.token(ann)}`);
  await anns.hear(2);
  transcript.tell('Ben chooses Do Not Disturb, then IDLE, then ONLINE');
  for (const status of ['DO_NOT_DISTURB', 'IDLE', 'ONLINE']) {
    await bens.choose({ status });
    await anns.hear();
  }
  transcript.tell('Ben types, and stops');
  await bens.startTyping(room);
  await anns.hear();
  await bens.stopTyping(room);
  await anns.hear();
  transcript.tell('Ben goes, comes back, hides when he was last seen and goes again');
  await bens.goOffline();
  await anns.hear();
  await bens.heartbeat();
  await anns.hear();
  await bens.setPrivacy({ lastSeen: 'NOBODY' });
  await bens.goOffline();
  await anns.hear();

  transcript.tell('a heartbeat is not answered; a newer token is, in its turn');
  anns.say('{"type":"heartbeat","data":{"active":false}}');
  anns.say(`{"type":"auth","data":{"token":"${transcript.token(ann)}"}}`);
  await anns.hear();
  transcript.tell('to watch somebody is answered with one frame each, who does not exist is not');
  anns.say(`{"type":"watch","data":{"user_ids":["${ben}","ghost"]}}`);
  await anns.hear();
  anns.say(`{"type":"unwatch","data":{"user_ids":["${ben}"]}}`);
  transcript.tell('what is refused');
  for (const message of [
    `{"type":"typing_start","data":{"conversation_id":"${room}","user_id":"${ben}"}}`,
    '{"type":"typing_start","data":{"conversation_id":"nowhere"}}',
    '{"type":"typing_start"}',
    '{"type":"watch","data":{"user_ids":["a b"]}}',
    '{"type":"heartbeat","data":{"active":"yes"}}',
    '{"type":"dance"}',
    'not JSON',
  ]) {
    anns.say(message);
    await anns.hear();
  }
  transcript.tell('a newer token of somebody else');
  anns.say(`{"type":"auth","data":{"token":"${transcript.token(ben)}"}}`);
  await anns.end();

  transcript.tell('the token in the first message, and it ends soon');
  const late = await open('');
  late.say(`{"type":"auth","data":{"token":"${transcript.token(ann, ENDING_S)}","platform":"WEB"}}`);
  await late.hear();
  await late.end();

  transcript.tell('the oldest form: only who comes and who goes');
  const simple = await open(`?token=${transcript.token(ann)}&events=simple&presence=false`);
  await simple.hear();
  await bens.heartbeat();
  await simple.hear();
  await bens.choose({ status: 'IDLE' });
  await bens.startTyping(room);
  await simple.hear();
  await bens.goOffline();
  await simple.hear(2);
  await simple.leave();
  await expect(transcript.toString()).toMatchFileSnapshot('ws.txt');
});

it('Socket.IO', async () => {
  const { ann, ben, room, transcript } = await settle('socketio');
  const bens = graphql.calls(app, ben);
  const open = async (auth: string) => {
    const socket = await RawSocket.open(transcript, `${app.wsUrl}/socket.io/?EIO=4&transport=websocket`);
    await socket.hear();
    socket.say(`40${auth}`);
    await socket.hear();
    return socket;
  };

  transcript.tell('no good token');
  await (await open('{"token":"nonsense"}')).leave();
  transcript.tell('a token that has expired');
  const expired = await open(`{"token":"${transcript.token(ann, -60)}"}`);
  await expired.hear();
  await expired.end();

  transcript.tell('a good one, while Ben is there');
  await bens.heartbeat({ deviceId: 'phone' });
  const anns = await open(`{"token":"${transcript.token(ann)}"}`);
  await anns.hear();
  transcript.tell('Ben is busy, which there is no event for; goes, comes back, hides when he was last seen, and goes');
  await bens.choose({ status: 'DO_NOT_DISTURB' });
  await bens.goOffline();
  await anns.hear();
  await bens.heartbeat();
  await anns.hear();
  await bens.setPrivacy({ lastSeen: 'NOBODY' });
  await bens.goOffline();
  await anns.hear();
  transcript.tell('Ben types, and stops');
  await bens.startTyping(room);
  await anns.hear();
  await bens.stopTyping(room);
  await anns.hear();

  transcript.tell('what Ann says is answered by an acknowledgement, and by the event where there is one');
  await bens.heartbeat();
  await anns.hear();
  let asked = 0;
  const ask = async (event: string, data: string, frames: number) => {
    anns.say(`42${(asked += 1)}["${event}"${data && `,${data}`}]`);
    await anns.hear(frames);
  };
  await ask('join_user', `{"userId":"${ann}"}`, 1);
  await ask('user_online', '', 1);
  await ask('user_activity', '{"active":false}', 1);
  await ask('get_online_users', '', 2);
  await ask('check_user_online', `{"userId":"${ben}"}`, 2);
  await ask('typing_start', `{"conversationId":"${room}"}`, 1);
  await ask('typing_stop', `{"conversationId":"${room}"}`, 1);
  await ask('authenticate', `{"token":"${transcript.token(ann)}"}`, 1);
  transcript.tell('without one, only by the event');
  anns.say(`42["check_user_online",{"userId":"${ben}"}]`);
  await anns.hear();
  transcript.tell('what is refused');
  await ask('join_user', `{"userId":"${ben}"}`, 2);
  await ask('check_user_online', '{"userId":"ghost"}', 2);
  await ask('check_user_online', '{"userId":"a b"}', 2);
  await ask('typing_start', '{"conversationId":"nowhere"}', 2);
  await ask('user_activity', '"now"', 2);
  await ask('dance', '', 2);
  transcript.tell('a newer token of somebody else');
  anns.say(`42["authenticate",{"token":"${transcript.token(ben)}"}]`);
  await anns.hear();
  await anns.end();

  transcript.tell('the token ends soon');
  const late = await open(`{"token":"${transcript.token(ann, ENDING_S)}","presence":false}`);
  await late.hear(2);
  await late.end();
  await expect(transcript.toString()).toMatchFileSnapshot('socketio.txt');
});

it('GraphQL over a socket', async () => {
  const { ann, ben, room, transcript } = await settle('graphql');
  const bens = graphql.calls(app, ben);
  const open = async (params: string) => {
    const socket = await RawSocket.open(transcript, `${app.wsUrl}/graphql`, 'graphql-transport-ws');
    socket.say(`{"type":"connection_init","payload":${params}}`);
    return socket;
  };
  const hello = (token: string, more = '') => `{"authorization":"Bearer ${token}"${more}}`;

  transcript.tell('no good token');
  await (await open('{}')).end();
  transcript.tell('a token that has expired');
  await (await open(hello(transcript.token(ann, -60)))).end();

  transcript.tell('a good one');
  const anns = await open(hello(transcript.token(ann), ',"platform":"WEB","deviceId":"laptop"'));
  await anns.hear();
  const say = (id: string, query: string) => anns.say(JSON.stringify({ id, type: 'subscribe', payload: { query } }));
  const VIEW = 'userId status isOnline lastSeen message { text emoji } platforms since';
  transcript.tell('Ann watches Ben, who comes, chooses, says something, goes, hides and comes back');
  say('1', `subscription { statusChanged(userIds: ["${ben}"], snapshot: true) { ${VIEW} } }`);
  await anns.hear();
  await bens.heartbeat({ deviceId: 'phone', platform: 'MOBILE' });
  await anns.hear();
  await bens.choose({ status: 'DO_NOT_DISTURB' });
  await anns.hear();
  await bens.choose({ message: { text: 'In a meeting', emoji: '📅' } });
  await anns.hear();
  await bens.goOffline();
  await anns.hear();
  await bens.setPrivacy({ online: 'NOBODY' });
  await anns.hear();
  await bens.setPrivacy({ online: 'EVERYONE' });
  await anns.hear();
  await bens.heartbeat();
  await anns.hear();
  transcript.tell('asks and acts');
  say('2', `{ userStatus(userId: "${ben}") { ${VIEW} } }`);
  await anns.hear(2);
  say('3', 'mutation { heartbeat { success nextHeartbeatInSeconds presence { status platforms } } }');
  await anns.hear(2);
  say('4', 'mutation { setCustomStatus(status: DO_NOT_DISTURB) { status isOnline } }');
  await anns.hear(2);
  say('5', `mutation { typingStart(conversationId: "${room}") { success expiresAt } }`);
  await anns.hear(2);
  say('6', `mutation { typingStop(conversationId: "${room}") { success expiresAt } }`);
  await anns.hear(2);
  say('7', '{ me { customStatus connections { id platform active } } }');
  await anns.hear(2);
  transcript.tell('wants no more of Ben');
  anns.say('{"id":"1","type":"complete"}');
  transcript.tell('what is refused');
  say('8', '{ userStatus(userId: "ghost") { status } }');
  await anns.hear(2);
  say('9', '{ userStatus(userId: "a b") { status } }');
  await anns.hear(2);
  say('10', 'mutation { typingStart(conversationId: "nowhere") { success } }');
  await anns.hear(2);
  say('11', 'subscription { statusChanged(conversationId: "nowhere") { status } }');
  await anns.hear();
  say('12', 'mutation { setCustomStatus(status: BUSY) { status } }');
  await anns.hear();
  say('13', '{ nothing }');
  await anns.hear();
  transcript.tell('a sign of life, and a newer token');
  anns.say('{"type":"ping"}');
  await anns.hear();
  anns.say(`{"type":"ping","payload":{"authorization":"Bearer ${transcript.token(ann)}"}}`);
  await anns.hear();
  transcript.tell('a newer token of somebody else');
  anns.say(`{"type":"ping","payload":{"authorization":"Bearer ${transcript.token(ben)}"}}`);
  await anns.end();

  transcript.tell('the token ends soon');
  const late = await open(hello(transcript.token(ann, ENDING_S), ',"presence":false'));
  await late.hear();
  await late.end();
  transcript.tell('not the protocol');
  const strange = await open(hello(transcript.token(ann), ',"presence":false'));
  await strange.hear();
  strange.say('not JSON');
  await strange.end();
  await expect(transcript.toString()).toMatchFileSnapshot('graphql-ws.txt');
});

it('GraphQL over HTTP', async () => {
  const { ann, ben, room, transcript } = await settle('http');
  await graphql.calls(app, ben).heartbeat({ deviceId: 'phone', platform: 'MOBILE' });
  const post = (query: string, headers: Record<string, string> = {}) =>
    call(transcript, app.url, 'POST', '/graphql', {
      body: JSON.stringify({ query }),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${transcript.token(ann)}`, ...headers },
    });

  transcript.tell('no good token');
  await post('{ me { customStatus } }', { authorization: 'Bearer nonsense' });
  transcript.tell('a good one');
  await post(`{ userStatus(userId: "${ben}") { userId status isOnline lastSeen platforms since } }`);
  await post(`{ userStatuses(userIds: ["${ben}", "ghost"]) { userId status } }`, {
    accept: 'application/graphql-response+json',
  });
  await post('mutation { heartbeat(deviceId: "phone") { success nextHeartbeatInSeconds presence { status } } }');
  await post('mutation { setCustomStatus(status: IDLE) { status } }');
  await post(`mutation { typingStart(conversationId: "${room}") { success expiresAt } }`);
  await post('mutation { goOffline { status lastSeen } }');
  transcript.tell('what is refused');
  await post('{ userStatus(userId: "ghost") { status } }');
  await post('{ userStatus(userId: "a b") { status } }');
  await post('{ typingUsers(conversationId: "nowhere") { userId } }');
  await post('mutation { setCustomStatus(status: BUSY) { status } }');
  await post('{');
  await post('{', { accept: 'application/graphql-response+json' });
  await expect(transcript.toString()).toMatchFileSnapshot('graphql-http.txt');
});

it('REST', async () => {
  const { ann, ben, transcript } = await settle('rest');
  const bens = graphql.calls(app, ben);
  const bearer = () => ({ authorization: `Bearer ${transcript.token(ann)}` });
  const get = (path: string, headers: Record<string, string> = bearer()) =>
    call(transcript, app.url, 'GET', path, { headers });
  const put = (path: string, body: string, headers: Record<string, string> = bearer()) =>
    call(transcript, app.url, 'PUT', path, { body, headers });
  const secret = { 'x-secret-token': app.config.serviceToken ?? '' };

  transcript.tell('no token, and one that has expired');
  await get(`/api/v1/users/${ben}/status`, {});
  await get(`/api/v1/users/${ben}/status`, { authorization: `Bearer ${transcript.token(ann, -60)}` });
  transcript.tell('Ben was never there; is there; is busy; hides when he was last seen');
  await get(`/api/v1/users/${ben}/status`);
  await bens.heartbeat();
  await get(`/api/v1/users/${ben}/status`);
  await bens.choose({ status: 'DO_NOT_DISTURB' });
  await get(`/api/v1/users/${ben}/status`);
  await bens.setPrivacy({ lastSeen: 'NOBODY' });
  await get(`/api/v1/users/${ben}/status`);
  transcript.tell('many at once, in the order asked');
  await get(`/api/v1/users/status?user_ids=ghost,${ben},${ann}`);
  transcript.tell('who is around');
  await get('/api/online-users');
  await get('/api/online-users?countOnly=true');
  await get(`/api/online-users?excludeUserId=${ben}`);
  await get('/users/online');
  transcript.tell('Ann chooses, and hides when she was last seen');
  await put('/api/user/custom-status', '{"customStatus":"IDLE"}');
  await put('/api/v1/users/me/privacy', '{"show_last_seen":false}');
  await put('/api/v1/users/me/privacy', '{}');

  transcript.tell('her own back end');
  await get(`/api/user/custom-status/${ann}`, secret);
  await put('/api/user/realtime', '{"status":"ONLINE","updateLastActive":true}', { ...secret, 'x-user-id': ann });
  await put('/api/user/realtime', '{"status":"OFFLINE"}', { ...secret, 'x-user-id': ann });
  await put('/api/internal/users/carl.rest', '{"username":"carl","displayName":"Carl"}', secret);
  await put(`/api/internal/users/carl.rest/contacts/${ann}`, '', secret);
  await put('/api/internal/conversations/attic.rest/members/carl.rest', '', secret);
  await call(transcript, app.url, 'POST', '/api/internal/import', {
    headers: { ...secret, 'content-type': 'application/x-ndjson' },
    body: [
      '{"user":{"id":"dora.rest","username":"dora","displayName":"Dora"}}',
      '{"contact":{"userId":"dora.rest","contactId":"ghost"}}',
      '{"member":{"conversationId":"attic.rest","userId":"dora.rest"}}',
    ].join('\n'),
  });
  for (const path of [
    'conversations/attic.rest/members/dora.rest',
    `users/carl.rest/contacts/${ann}`,
    'users/dora.rest',
  ])
    await call(transcript, app.url, 'DELETE', `/api/internal/${path}`, { headers: secret });

  transcript.tell('what is refused');
  await get('/api/v1/users/ghost/status');
  await get('/api/v1/users/me/status');
  await get('/api/v1/users/status?user_ids=');
  await put('/api/user/custom-status', '{"customStatus":"BUSY"}');
  await put('/api/user/custom-status', '{"customStatus":');
  await put('/api/v1/users/me/privacy', '{"show_last_seen":"no"}');
  await put('/api/user/realtime', '{"status":"DND"}', { ...secret, 'x-user-id': ann });
  await put('/api/user/realtime', '{"status":"ONLINE"}', { 'x-secret-token': 'wrong', 'x-user-id': ann });
  await put('/api/internal/users/carl.rest/contacts/ghost', '', secret);
  await get('/api/v1/nothing');
  await call(transcript, app.url, 'DELETE', `/api/v1/users/${ben}/status`, { headers: bearer() });
  await expect(transcript.toString().replaceAll(secret['x-secret-token'], '<service token>')).toMatchFileSnapshot(
    'rest.txt',
  );
});

it('gRPC', async () => {
  const { ann, ben, transcript } = await settle('grpc');
  const bens = graphql.calls(app, ben);
  const { grpcPort } = app.config;
  const failed = ({ code, details, error }: Failure) => {
    transcript.heard(`${Code[code]} ${details}`);
    transcript.heard(`error-response-bin: ${JSON.stringify(error)}`);
  };
  const ask = async (client: GrpcClient, method: string, request: object, headers: Record<string, string> = {}) => {
    transcript.sent(`${method} ${JSON.stringify(request)}`);
    for (const [name, value] of Object.entries(headers)) transcript.sent(`${name}: ${value}`);
    const answer = await client.call(method, request, headers);
    if ('code' in answer) failed(answer);
    else transcript.heard(JSON.stringify(answer));
  };
  const subscribe = (client: GrpcClient, request: object, headers: Record<string, string> = {}) => {
    transcript.sent(`SubscribeStatusUpdates ${JSON.stringify(request)}`);
    for (const [name, value] of Object.entries(headers)) transcript.sent(`${name}: ${value}`);
    return client.subscribe(request, headers);
  };
  const hear = async (stream: Subscription) => transcript.heard(JSON.stringify((await stream.next(3000)).view));

  transcript.tell('no token, a bad one, and one that has expired');
  for (const token of [null, 'nonsense', transcript.token(ann, -60)]) {
    const client = new GrpcClient(grpcPort, token);
    await ask(client, 'GetUserStatus', { user_id: ben });
    client.close();
  }
  const client = new GrpcClient(grpcPort, transcript.token(ann));
  transcript.tell('Ann watches her contacts: Ben was never there, comes, is busy, idle, goes, hides and comes back');
  const stream = subscribe(client, { user_id: ann }, { platform: 'DESKTOP', 'device-id': 'laptop' });
  await hear(stream);
  await bens.heartbeat();
  await hear(stream);
  await bens.choose({ status: 'DO_NOT_DISTURB' });
  await hear(stream);
  await bens.choose({ status: 'IDLE' });
  await hear(stream);
  await bens.goOffline();
  await hear(stream);
  await bens.setPrivacy({ online: 'NOBODY' });
  await hear(stream);
  await bens.setPrivacy({ online: 'EVERYONE' });
  await hear(stream);
  await bens.heartbeat();
  await hear(stream);
  transcript.tell('asks and acts');
  await ask(client, 'GetUserStatus', { user_id: ben });
  await ask(client, 'GetMultipleUserStatus', { user_ids: [ben, 'ghost', ann] });
  await ask(client, 'SendHeartbeat', { user_id: ann }, { 'device-id': 'phone', platform: 'MOBILE' });
  for (const status of ['AWAY', 'DO_NOT_DISTURB', 'ONLINE', 'OFFLINE'])
    await ask(client, 'SetUserStatus', { user_id: ann, status });
  transcript.tell('what is refused');
  await ask(client, 'GetUserStatus', { user_id: 'ghost' });
  await ask(client, 'GetUserStatus', { user_id: 'a b' });
  await ask(client, 'GetUserStatus', {});
  await ask(client, 'SetUserStatus', { user_id: ben, status: 'ONLINE' });
  await ask(client, 'SetUserStatus', { status: 'ONLINE' });
  await ask(client, 'SetUserStatus', { user_id: ann, status: 'UNKNOWN' });
  await ask(client, 'SetUserStatus', { user_id: ann, status: 9 });
  await ask(client, 'SendHeartbeat', { user_id: ben });
  failed(await subscribe(client, { user_id: ben }).failure);
  failed(await subscribe(client, { watch_user_ids: ['a b'] }).failure);
  transcript.tell('the token ends soon');
  const late = new GrpcClient(grpcPort, transcript.token(ann, ENDING_S));
  const ending = subscribe(late, { watch_user_ids: [ben] }, { presence: 'false' });
  await hear(ending);
  failed(await ending.failure);
  transcript.tell('Ann goes: cancelled by her');
  stream.close();
  failed(await stream.failure);
  client.close();
  late.close();
  await expect(transcript.toString()).toMatchFileSnapshot('grpc.txt');
});
