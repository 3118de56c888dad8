import fc from 'fast-check';
import type { PrivateRedis } from '../support/redis.js';
import { Deed } from './deeds.js';
import type { House } from './house.js';
import type { Street } from './street.js';

const PAUSE_MS = 700;

/** What happens to a store and to those who share it. `begin` opens another house in the place of one that died. */
export function mishaps(
  redis: PrivateRedis,
  begin: (number: number) => Promise<House>,
  noticedMs: number,
): fc.Arbitrary<Deed> {
  const befalls = (name: string, act: (street: Street) => Promise<unknown>) =>
    new Deed(name, async (street) => {
      const from = await street.now();
      await street.deed(name, '', () => act(street));
      // Promised to be unseen by whoever is there.
      street.witness.fault({ what: 'pauses', whose: '', from, to: await street.now() });
    });
  const dies = fc.nat(1).map((number) =>
    befalls(`instance ${number} dies`, async (street) => {
      const own = [...street.sockets].filter(([, { house }]) => house === number).map(([id]) => id);
      await street.house(number).kill();
      street.life.crash(own, await street.now(), noticedMs);
      street.houses[number] = await begin(number);
      await street.moved(number);
    }),
  );
  const others = fc.constantFrom(
    befalls('the store is emptied', async (street) => {
      await redis.flush();
      street.life.empty(await street.now(), 2 * noticedMs);
    }),
    befalls('messages are lost', () => redis.admin.call('CLIENT', 'KILL', 'TYPE', 'PUBSUB')),
    befalls('the store stands still', async (street) => {
      await redis.admin.call('CLIENT', 'PAUSE', PAUSE_MS, 'ALL');
      await street.pass(PAUSE_MS + 200);
    }),
  );
  return fc.oneof(dies, others);
}
