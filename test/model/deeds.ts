import fc from 'fast-check';
import type { Durable } from '../checker/record.js';
import { AUDIENCES, ONLINE_AUDIENCES } from '../../src/privacy/privacy.types.js';
import { CUSTOM_STATUSES } from '../../src/presence/presence.types.js';
import { Refusal } from '../../src/kernel/errors.js';
import type { House } from './house.js';
import { STORED_WITHIN_MS } from './model.js';
import type { Street } from './street.js';

/** Something that happens; then everybody has to see what the model says. */
export class Deed implements fc.AsyncCommand<object, Street> {
  constructor(
    private readonly name: string,
    private readonly act: (street: Street) => Promise<unknown>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_: object, street: Street): Promise<void> {
    await this.act(street);
  }

  toString(): string {
    return this.name;
  }
}

const over = (userId: string) => ({ userId, expiresAt: Infinity });

/** People are named by their place in the street. */
const who = fc.nat(2);
const house = fc.nat(1);

const connects = fc.tuple(who, fc.nat(1), house, fc.boolean()).map(
  ([person, number, at, active]) =>
    new Deed(`${person} connects ${number} at ${at} ${active ? 'active' : 'idle'}`, async (street) => {
      const user = street.people[person] ?? '';
      const connectionId = `${user}-${number}`;
      if (street.sockets.has(connectionId)) return;
      street.sockets.set(connectionId, { user, house: at % street.houses.length });
      await street.deed('connect', user, async () => {
        street.life.hold(user, 'socket', connectionId, active ? 'active' : 'idle', await street.now());
        const opening = { connectionId, deviceId: null, platform: 'WEB', active } as const;
        await street.house(at).holds.connected({ ...over(user), connectionId }, opening);
      });
    }),
);

const disconnects = fc.tuple(who, fc.nat(1), fc.constantFrom('clean', 'abrupt')).map(
  ([person, number, departure]) =>
    new Deed(`${person} disconnects ${number} ${departure}`, async (street) => {
      const user = street.people[person] ?? '';
      const connectionId = `${user}-${number}`;
      const socket = street.sockets.get(connectionId);
      if (!socket || !street.sockets.delete(connectionId)) return;
      await street.deed('disconnect', user, async () => {
        street.life.release(user, connectionId, departure, await street.now());
        const { holds } = street.house(socket.house);
        await holds.disconnected({ ...over(user), connectionId }, connectionId, departure, 0);
      });
    }),
);

const beats = fc.tuple(who, fc.constantFrom('phone', '0', '1'), fc.boolean(), house).map(
  ([person, device, active, at]) =>
    new Deed(`${person} beats ${device} ${active ? 'active' : 'idle'} at ${at}`, async (street) => {
      const user = street.people[person] ?? '';
      const connectionId = `${user}-${device}`;
      const socket = street.sockets.get(connectionId);
      if (!socket && device !== 'phone') return;
      await street.deed('beat', user, async () => {
        const now = await street.now();
        const activity = active ? 'active' : 'idle';
        if (socket) street.life.hold(user, 'socket', connectionId, activity, now);
        else street.life.hold(user, 'lease', device, activity, now);
        const caller = socket ? { ...over(user), connectionId } : over(user);
        const { presence } = street.house(socket?.house ?? at);
        await presence.heartbeat(caller, { active, ...(!socket && { deviceId: device }) });
      });
    }),
);

const goesOffline = fc.tuple(who, house).map(
  ([person, at]) =>
    new Deed(`${person} goes offline at ${at}`, async (street) => {
      const user = street.people[person] ?? '';
      await street.deed('goOffline', user, async () => {
        street.life.leave(user, await street.now());
        await street.house(at).presence.goOffline(over(user), null);
      });
    }),
);

const chooses = fc.tuple(who, fc.constantFrom(...CUSTOM_STATUSES), house).map(
  ([person, status, at]) =>
    new Deed(`${person} chooses ${status} at ${at}`, async (street) => {
      const user = street.people[person] ?? '';
      await street.deed('setCustomStatus', user, async () => {
        const asked = await street.now();
        street.life.choose(user, status, asked);
        await street.house(at).presence.setCustomStatus(over(user), { status });
        const answered = await street.now();
        street.witness.choices.push({ user, what: 'choose', asked, answered, status });
        note(street, { user, kind: 'status', value: status, asked, answered });
      });
    }),
);

const says = fc.tuple(who, house).map(
  ([person, at]) =>
    new Deed(`${person} says something for a second at ${at}`, async (street) => {
      const user = street.people[person] ?? '';
      const text = `said ${street.witness.expiries.length}.`;
      await street.deed('setCustomStatus', user, async () => {
        const asked = await street.now();
        await street.house(at).presence.setCustomStatus(over(user), { message: { text, clearAfterSeconds: 1 } });
        const answered = await street.now();
        street.witness.expiries.push({ user, text, expiresAt: answered + 1000 });
        note(street, { user, kind: 'status', value: street.life.choiceOf(user), asked, answered });
      });
    }),
);

const hides = fc.tuple(who, fc.constantFrom(...ONLINE_AUDIENCES), fc.constantFrom(...AUDIENCES), house).map(
  ([person, online, lastSeen, at]) =>
    new Deed(`${person} shows online to ${online}, last seen to ${lastSeen}, at ${at}`, async (street) => {
      const user = street.people[person] ?? '';
      await change(street, 'privacy', user, `${online} ${lastSeen}`, async () => {
        street.life.settle(user, { online, lastSeen });
        await street.house(at).privacy.update(over(user), { online, lastSeen });
      });
    }),
);

const blocks = fc.tuple(who, who, fc.boolean(), house).map(
  ([person, other, blocked, at]) =>
    new Deed(`${person} ${blocked ? 'blocks' : 'unblocks'} ${other} at ${at}`, async (street) => {
      const [user, otherId] = [street.people[person] ?? '', street.people[other] ?? ''];
      // Twice is no change, and not in the audit.
      if (user === otherId || street.life.isBlocking(user, otherId) === blocked) return;
      await change(street, 'block', user, `${otherId} ${blocked}`, async () => {
        street.life.block(user, otherId, blocked);
        const { privacy } = street.house(at);
        await (blocked ? privacy.block(over(user), otherId) : privacy.unblock(over(user), otherId));
      });
    }),
);

const knows = fc.tuple(who, who, fc.boolean(), house).map(
  ([person, other, known, at]) =>
    new Deed(`${person} ${known ? 'knows' : 'forgets'} ${other} at ${at}`, async (street) => {
      const [user, otherId] = [street.people[person] ?? '', street.people[other] ?? ''];
      if (user === otherId) return;
      await street.deed('contact', user, async () => {
        street.life.acquaint(user, otherId, known);
        const { directory } = street.house(at).kernel;
        await (known ? directory.putContact(user, otherId) : directory.deleteContact(user, otherId));
      });
    }),
);

const enters = fc.tuple(who, fc.boolean(), house).map(
  ([person, belongs, at]) =>
    new Deed(`${person} ${belongs ? 'enters' : 'leaves'} the room at ${at}`, (street) => {
      const user = street.people[person] ?? '';
      return street.deed('member', user, () => street.enters(user, belongs, at));
    }),
);

const types = fc.tuple(who, fc.boolean(), house).map(
  ([person, starts, at]) =>
    new Deed(`${person} ${starts ? 'types' : 'stops typing'} at ${at}`, (street) => {
      const user = street.people[person] ?? '';
      return street.deed('typing', user, async () => {
        const { typing } = street.house(at);
        const asked = await street.now();
        try {
          await (starts ? typing.start(over(user), street.room) : typing.stop(over(user), street.room));
          if (starts) return;
          street.witness.stops.push({ user, what: street.room, asked, answered: await street.now() });
        } catch (error) {
          // Nobody types where they are not.
          if (!(error instanceof Refusal) || error.code !== 'CONVERSATION_NOT_FOUND') throw error;
        }
      });
    }),
);

/** What people do. */
export const PEOPLE = [
  connects,
  connects,
  disconnects,
  beats,
  goesOffline,
  chooses,
  says,
  hides,
  blocks,
  knows,
  enters,
  types,
  types,
] as const;

export const passes = (max: number) =>
  fc.integer({ min: 1, max }).map(
    (ms) =>
      new Deed(`${ms} ms pass`, async (street) => {
        await street.pass(ms);
        await street.agree(`${ms} ms`);
      }),
  );

/** What happens to the only instance: it ends, in good order or not, and another one begins. */
export const restarts = (begin: () => Promise<House>) =>
  fc.boolean().map(
    (orderly) =>
      new Deed(orderly ? 'the instance is restarted' : 'the instance is killed', async (street) => {
        const ended = street.house(0);
        await street.deed('restart', '', async () => {
          const at = await street.now();
          await (orderly ? ended.stop() : ended.kill());
          street.life.end(at, orderly);
          if (!orderly) street.witness.forgotten.push({ from: at - STORED_WITHIN_MS, to: at });
          street.houses[0] = await begin();
          await street.moved(0);
        });
      }),
  );

async function change(
  street: Street,
  kind: Durable['kind'],
  user: string,
  value: string,
  act: () => Promise<void>,
): Promise<void> {
  await street.deed(kind, user, async () => {
    const asked = await street.now();
    await act();
    note(street, { user, kind, value, asked, answered: await street.now() });
  });
}

function note(street: Street, durable: Pick<Durable, 'user' | 'kind' | 'value' | 'asked' | 'answered'>): void {
  street.witness.durables.push({ ...durable, what: durable.kind, refused: false });
}
