import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Driver } from '../drivers/driver.js';
import { graphql } from '../drivers/graphql.driver.js';
import { grpc } from '../drivers/grpc.driver.js';
import { rest } from '../drivers/rest.driver.js';
import { socketio } from '../drivers/socketio.driver.js';
import { plain } from '../drivers/ws.driver.js';
import { TestApp } from '../support/app.js';
import { BRISK, PROMISED } from '../support/people.js';
import { freePort } from '../support/redis.js';

const LIVE: readonly Driver[] = [graphql, grpc, socketio, plain];
const pairs = LIVE.flatMap((acting) => LIVE.map((watching) => [acting.name, watching.name, acting, watching] as const));

let app: TestApp;
let count = 0;
beforeAll(async () => {
  app = await TestApp.start({ ...BRISK, GRPC_PORT: String(await freePort()) });
});
afterAll(() => app.stop());

/** Two people who know each other and share a conversation. */
async function couple(): Promise<[string, string, string]> {
  count += 1;
  const [ann, ben, room] = [`ann-${count}`, `ben-${count}`, `room-${count}`];
  await app.befriend(ann, ben);
  await app.gather(room, ann, ben);
  return [ann, ben, room];
}

describe.each(pairs)('somebody on %s, for somebody on %s,', (_acting, _watching, acting, watching) => {
  it('comes, says goodbye, comes again and is lost', async () => {
    const [ann, ben] = await couple();
    const viewer = await watching.connect(app, ben, { presence: false });
    const seen = viewer.watch({ userIds: [ann], snapshot: true });
    // Those wires that tell of everybody at first do so; the others only of who is there.
    if (watching !== socketio) expect((await seen.next(3000)).view.status).toBe('OFFLINE');
    const device = await acting.connect(app, ann, {});
    expect((await seen.next(PROMISED.online)).view).toMatchObject({ userId: ann, status: 'ONLINE', isOnline: true });
    await device.leave();
    expect((await seen.next(300 + PROMISED.clean)).view).toMatchObject({ userId: ann, status: 'OFFLINE' });
    const again = await acting.connect(app, ann, {});
    expect((await seen.next(PROMISED.online)).view.status).toBe('ONLINE');
    again.vanish();
    await seen.quiet(600);
    expect((await seen.next(1500 + PROMISED.abrupt)).view.status).toBe('OFFLINE');
    await viewer.leave();
  });

  it('is not there when they hide', async () => {
    const [ann, ben] = await couple();
    const viewer = await watching.connect(app, ben, { presence: false });
    const device = await acting.connect(app, ann, {});
    const seen = viewer.watch({ userIds: [ann], snapshot: true });
    await seen.until(({ status }) => status === 'ONLINE', 3000);
    await graphql.calls(app, ann).setPrivacy({ online: 'NOBODY' });
    expect((await seen.next(PROMISED.privacy)).view).toMatchObject({ status: 'OFFLINE', lastSeen: null, since: null });
    await device.leave();
    await seen.quiet(800);
    await viewer.leave();
  });
});

describe.each([graphql, rest, grpc].map((driver) => [driver.name, driver] as const))(
  'asked over %s',
  (_name, driver) => {
    it('somebody is as they chose to be shown, and unknown people are told apart from nobody', async () => {
      const [ann, ben] = await couple();
      await graphql.calls(app, ann).heartbeat();
      await driver.calls(app, ann).choose({ status: 'DO_NOT_DISTURB' });
      const calls = driver.calls(app, ben);
      expect(await calls.see(ann)).toMatchObject({ status: 'DO_NOT_DISTURB', isOnline: true });
      expect((await calls.seeAll([ben, 'ghost', ann])).map((view) => view?.status ?? null)).toEqual([
        'OFFLINE',
        null,
        'DO_NOT_DISTURB',
      ]);
      await expect(calls.see('ghost')).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    });
  },
);

describe.each([[graphql], [socketio], [plain]].map(([driver]) => [driver?.name, driver] as const))(
  'typing over %s',
  (_name, driver) => {
    it.each([[graphql], [socketio], [plain]])(
      'is heard over $name, and ends with the connection',
      async (listening) => {
        const [ann, ben, room] = await couple();
        const viewer = await listening.connect(app, ben, { presence: false });
        const typist = await driver?.connect(app, ann, { presence: false });
        const heard = viewer.watchTyping(null);
        // A GraphQL subscription says nowhere that it has begun: who types goes on until it has.
        for (let tries = 0; heard.all.length === 0 && tries < 20; tries += 1) {
          await typist?.startTyping(room);
          await heard.until(({ isTyping }) => isTyping, 500).catch(() => {});
        }
        expect(heard.views[0]).toMatchObject({ conversationId: room, userId: ann, isTyping: true });
        await typist?.leave();
        expect((await heard.until(({ isTyping }) => !isTyping, PROMISED.typing)).view.userId).toBe(ann);
        await viewer.leave();
      },
    );
  },
);
