import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { graphql } from '../drivers/graphql.driver.js';
import { grpc } from '../drivers/grpc.driver.js';
import { socketio } from '../drivers/socketio.driver.js';
import { plain } from '../drivers/ws.driver.js';
import { GrpcClient } from '../support/grpc.js';
import { GraphqlSocket } from '../support/graphql.socket.js';
import { IoClient } from '../support/io.js';
import { Stage } from '../support/people.js';
import { PlainClient } from '../support/plain.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start('over Redis on two instances', { MAX_CONNECTIONS_PER_USER: '3' });
});
afterAll(() => stage.stop());

describe('somebody with as many connections as may be, on two instances together', () => {
  it('is refused one more on either of them, over every wire, and has room when one closes', async () => {
    const [ann, ben] = await stage.friends('ann', 'ben');
    const [here, there] = [stage.place(0), stage.place(1)];
    const [first, second, third] = [
      await plain.connect(here, ann.id, { platform: 'WEB' }),
      await graphql.connect(there, ann.id, { platform: 'WEB' }),
      await socketio.connect(there, ann.id, { platform: 'WEB' }),
    ];
    for (const place of [here, there]) {
      const token = place.token(ann.id);
      expect(await new PlainClient(place.wsUrl, `token=${token}&platform=BOT`).closed).toBe(
        '1013 too many connections',
      );
      expect(await new GraphqlSocket(place.wsUrl, { authorization: `Bearer ${token}` }).closed).toBe(1013);
      const io = new IoClient(place.url, { token });
      expect(await io.opened).toBe('RATE_LIMITED');
      io.close();
      const client = new GrpcClient(place.config.grpcPort, token);
      expect(await client.subscribe({}).failure).toMatchObject({ code: 8, error: { code: 'RATE_LIMITED' } });
      client.close();
    }
    // Nothing of the refused ones is left, and nobody saw them.
    expect(await graphql.calls(here, ben.id).see(ann.id)).toMatchObject({ platforms: ['WEB'] });
    expect((await graphql.calls(here, ann.id).me()).connections).toHaveLength(3);
    // One that only watches is counted where it is.
    const looking = await grpc.connect(here, ann.id, { presence: false });
    await second.leave();
    await vi.waitFor(async () => expect((await graphql.calls(here, ann.id).me()).connections).toHaveLength(2), 5000);
    const again = await graphql.connect(here, ann.id, {});
    for (const device of [first, third, looking, again]) await device.leave();
  });
});
