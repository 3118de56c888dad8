import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';
import { io } from 'socket.io-client';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Recording } from '../drivers/recording.js';
import { TestApp } from '../support/app.js';
import { GrpcClient } from '../support/grpc.js';
import { freePort } from '../support/redis.js';

const SEEN_MS = 2000;

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ GRPC_PORT: String(await freePort()), LEAVE_GRACE_MS: '0' });
  await app.befriend('ann', 'ben');
  await app.gather('lobby', 'ann', 'ben');
});
afterAll(() => app.stop());

interface StatusChanged {
  readonly statusChanged: { readonly status: string; readonly message: { readonly text: string } | null };
}

/** As an application of somebody else sets it up: calls over HTTP, subscriptions over graphql-ws. */
function apolloOf(userId: string) {
  const authorization = `Bearer ${app.token(userId)}`;
  const socket = createClient({
    url: `${app.wsUrl}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization, presence: false },
  });
  const link = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    new HttpLink({ uri: `${app.url}/graphql`, headers: { authorization } }),
  );
  return { client: new ApolloClient({ link, cache: new InMemoryCache() }), socket };
}

describe('the clients that people have', () => {
  it('meet: Apollo Client, grpc-js, socket.io-client, a bare WebSocket and HTTP', async () => {
    const ben = apolloOf('ben');
    const seen = new Recording<StatusChanged['statusChanged']>('an Apollo subscription');
    const subscription = ben.client
      .subscribe<StatusChanged>({
        query: gql`
          subscription {
            statusChanged(userIds: ["ann"], snapshot: true) {
              userId
              status
              message {
                text
              }
            }
          }
        `,
      })
      .subscribe(({ data }) => data && seen.record(data.statusChanged));
    expect((await seen.next(5000)).view).toMatchObject({ status: 'OFFLINE' });
    const grpc = new GrpcClient(app.config.grpcPort, app.token('ben'));
    const stream = grpc.subscribe({ watch_user_ids: ['ann'] }, { presence: 'false' });
    await stream.next(SEEN_MS);

    // Ann comes by Socket.IO.
    const ann = io(app.url, { auth: { token: app.token('ann') }, forceNew: true });
    await new Promise<void>((resolve, reject) => ann.on('connect', resolve).on('connect_error', reject));
    expect((await seen.next(SEEN_MS)).view).toMatchObject({ status: 'ONLINE' });
    expect((await stream.next(SEEN_MS)).view).toMatchObject({ user_id: 'ann', status: 'ONLINE' });
    // She chooses over REST.
    await request(app.url)
      .put('/api/user/custom-status')
      .auth(app.token('ann'), { type: 'bearer' })
      .send({ customStatus: 'DO_NOT_DISTURB' })
      .expect('content-type', /^application\/json/)
      .expect(200, { success: true, customStatus: 'DO_NOT_DISTURB', status: 'DO_NOT_DISTURB' });
    expect((await seen.next(SEEN_MS)).view).toMatchObject({ status: 'DO_NOT_DISTURB' });
    expect((await stream.next(SEEN_MS)).view).toMatchObject({ status: 'DO_NOT_DISTURB' });
    await request(app.url)
      .get('/api/v1/users/ann/status')
      .auth(app.token('ben'), { type: 'bearer' })
      .expect(200)
      .expect(({ body }) => expect(body).toMatchObject({ data: { user_id: 'ann', status: 'dnd', is_online: true } }));
    await request(app.url).get('/api/v1/users/ann/status').expect(401);
    // And says something with Apollo Client.
    const anns = apolloOf('ann');
    await anns.client.mutate({
      mutation: gql`
        mutation {
          setCustomStatus(message: { text: "On the train" }) {
            userId
          }
        }
      `,
    });
    expect((await seen.next(SEEN_MS)).view).toMatchObject({ message: { text: 'On the train' } });
    // Ben asks Apollo Client, which asks over HTTP; what is refused comes with its code.
    const asked = ben.client.query({ query: gql('{ userStatus(userId: "ghost") { userId } }') });
    await expect(asked).rejects.toMatchObject({ errors: [{ extensions: { code: 'USER_NOT_FOUND' } }] });
    // She types over a bare WebSocket, and he hears it over his.
    const [typist, listener] = await Promise.all(
      ['ann', 'ben'].map(async (userId) => {
        const socket = new WebSocket(`${app.wsUrl}/ws?token=${app.token(userId)}&presence=false`);
        const frames = new Recording<{ type: string; data: Record<string, unknown> }>(`${userId}'s socket`);
        socket.on('message', (data: Buffer) => frames.record(JSON.parse(data.toString()) as never));
        await frames.until(({ type }) => type === 'ready', 5000);
        return { socket, frames };
      }),
    );
    typist?.socket.send('{"type":"typing_start","data":{"conversation_id":"lobby"}}');
    const typing = await listener?.frames.until(({ type }) => type === 'user_typing', SEEN_MS);
    expect(typing?.view.data).toMatchObject({ conversation_id: 'lobby', user_id: 'ann', is_typing: true });

    ann.disconnect();
    expect((await seen.next(SEEN_MS)).view).toMatchObject({ status: 'OFFLINE' });
    subscription.unsubscribe();
    for (const one of [typist, listener]) one?.socket.close();
    stream.close();
    grpc.close();
    for (const { client, socket } of [ben, anns]) {
      client.stop();
      await socket.dispose();
    }
  });
});
