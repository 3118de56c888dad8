import { expect } from 'vitest';
import { codeOf, Refused } from '../drivers/driver.js';
import type { Person } from '../support/people.js';
import { onEveryStage } from '../support/stages.js';

const MALFORMED = [
  '',
  ' ',
  '.',
  '..',
  'me',
  'a b',
  'a/b',
  'ä',
  'a\u0000',
  "'; DROP TABLE users; --",
  '{"$ne":null}',
  'x'.repeat(129),
];

/** Every operation that takes an id, with this one. */
function callsWith(person: Person, id: string): [string, () => Promise<unknown>][] {
  const { http } = person;
  return [
    ['see', () => http.see(id)],
    ['seeAll', () => http.seeAll([person.id, id])],
    ['whoIsOnline', () => http.whoIsOnline({ conversationId: id })],
    ['whoIsOnline without', () => http.whoIsOnline({ excludeUserId: id })],
    ['heartbeat', () => http.heartbeat({ deviceId: id })],
    ['goOffline', () => http.goOffline(id)],
    ['startTyping', () => http.startTyping(id)],
    ['stopTyping', () => http.stopTyping(id)],
    ['typists', () => http.typists(id)],
    ['always', () => http.setPrivacy({ alwaysUserIds: [id] })],
    ['never', () => http.setPrivacy({ neverUserIds: [id] })],
    ['block', () => http.block(id)],
    ['unblock', () => http.unblock(id)],
  ];
}

onEveryStage(
  (it) => {
    it('a malformed id is refused by every operation, with nothing of the server in the answer', async (stage) => {
      const [alice] = await stage.strangers('alice');
      for (const id of MALFORMED) {
        for (const [what, call] of callsWith(alice, id)) {
          const error: unknown = await call().then(
            () => null,
            (reason: unknown) => reason,
          );
          expect([what, id, error instanceof Refused ? error.code : error]).toEqual([what, id, 'BAD_USER_INPUT']);
          const { body } = error as Refused;
          expect(body).not.toMatch(/stack|node_modules|\.ts|postgres|redis|SELECT|127\.0\.0\.1|localhost/i);
          expect(body.length).toBeLessThan(500);
        }
      }
    });

    it('the longest id, one of every sort of sign and __proto__ are ids like others', async (stage) => {
      const [alice] = await stage.strangers('alice');
      for (const id of ['x'.repeat(128), 'A-z_0.9@x', '__proto__', 'constructor', '-', '...']) {
        const person = await stage.joins(id);
        await stage.acquaint(alice, person);
        await person.opens({ deviceId: id });
        expect((await alice.http.see(id)).status).toBe('ONLINE');
        expect((await alice.http.seeAll([id, id])).map((view) => view?.userId)).toEqual([id, id]);
        expect((await person.http.heartbeat({ deviceId: id })).success).toBe(true);
        await stage.directory.putMember(id, id);
        expect((await person.http.startTyping(id)).success).toBe(true);
        expect((await alice.http.block(id)).blockedUserIds).toEqual([id]);
        await alice.http.unblock(id);
        await person.http.goOffline();
      }
    });

    it('many are answered in the order asked, twice when asked twice, with nothing for whom there is not', async (stage) => {
      const [alice, bob] = await stage.strangers('alice', 'bob');
      const asked = [bob.id, 'nobody-has-this-id', alice.id, bob.id];
      const views = await alice.http.seeAll(asked);
      expect(views.map((view) => view?.userId ?? null)).toEqual([bob.id, null, alice.id, bob.id]);
      expect(await alice.http.seeAll([])).toEqual([]);
      const most = Array.from({ length: 500 }, (_, i) => `u${i}`);
      expect(await alice.http.seeAll([...most.slice(1), bob.id])).toHaveLength(500);
      expect(await codeOf(alice.http.seeAll([...most, bob.id]))).toBe('BAD_USER_INPUT');
      expect(await codeOf(alice.http.see('nobody-has-this-id'))).toBe('USER_NOT_FOUND');
    });

    it('what is no value of an enum is bad input', async (stage) => {
      const [alice] = await stage.strangers('alice');
      for (const call of [
        () => alice.http.heartbeat({ platform: 'FRIDGE' }),
        () => alice.http.choose({ status: 'OFFLINE' }),
        () => alice.http.choose({ status: 'online' }),
        () => alice.http.setPrivacy({ lastSeen: 'SAME_AS_LAST_SEEN' }),
        () => alice.http.setPrivacy({ online: 'everyone' }),
        () => alice.http.setPrivacy({ showLastSeen: 'yes' }),
        () => alice.http.setPrivacy({ unknown: 1 }),
        () => alice.http.seeAll([null as unknown as string]),
      ]) {
        expect(await codeOf(call())).toBe('BAD_USER_INPUT');
      }
    });

    it('over a socket the same is refused alike, and the socket stays', async (stage) => {
      const [alice] = await stage.strangers('alice');
      const device = await alice.opens();
      expect(await codeOf(device.see('nobody-has-this-id'))).toBe('USER_NOT_FOUND');
      expect(await codeOf(device.see('not an id'))).toBe('BAD_USER_INPUT');
      expect(await codeOf(device.choose({}))).toBe('BAD_USER_INPUT');
      expect(await codeOf(device.startTyping('nobody-made-this'))).toBe('CONVERSATION_NOT_FOUND');
      expect(await codeOf(device.block(alice.id))).toBe('BAD_USER_INPUT');
      expect(await codeOf(device.choose({ status: 'OFFLINE' }))).toBe('BAD_USER_INPUT');
      expect((await device.see(alice.id)).status).toBe('ONLINE');
    });
  },
  {},
  ['in memory', 'over Redis'],
);
