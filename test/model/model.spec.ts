import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { instanceOn, redisWorld, theRedis } from '../contract/redis.world.js';
import { CUSTOM, gone, lease, memoryWorld, SETTINGS, socket, type World } from '../contract/world.js';
import { Model } from './model.js';
import type { Read, Repeat } from '../checker/record.js';
import { faceOf, readOf, wrongIn } from './telling.js';

const USERS = ['ann', 'bob', 'cat'] as const;
/** How late the memory engine notices a deadline; what it says of the time is exact. */
const SWEEP_MS = 260;
const EXACT_MS = 1;
/** How late a real store and a busy machine may be. */
const LATE_MS = 900;
/** After a crash: the lease of the instance, and the sweep that finds it. */
const NOTICED_MS = 1000;

interface Stage {
  readonly world: World;
  readonly model: Model;
  /** How far a last seen may be off. */
  readonly nearMs: number;
  /** The one that people use; another one after a crash. */
  engine: Engine;
  sockets: string[];
  /** Reads, where every state is told to the listener; what was sent again. */
  readonly reads: Read[] | null;
  readonly repeats: Repeat[];
  /** Sends the last of what people did again. */
  again: () => Promise<unknown>;
  /** Kills the instance that people use, and starts another. */
  readonly crash?: (stage: Stage) => Promise<void>;
  /** Whatever else befalls a store. */
  readonly befall?: (what: Mishap, stage: Stage) => Promise<void>;
}

const MISHAPS = ['pause', 'deaf'] as const;
type Mishap = (typeof MISHAPS)[number];

/** Something that happens; then everything has to be as the model says. */
class Step implements fc.AsyncCommand<object, Stage> {
  constructor(
    private readonly name: string,
    private readonly act: (stage: Stage, now: number) => Promise<unknown>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_: object, stage: Stage): Promise<void> {
    await this.act(stage, await stage.world.now());
    for (const userId of USERS) await agrees(stage, userId);
    const { reads, repeats } = stage;
    expect(wrongIn(stage.world.truths, { repeats, ...(reads && { reads }) })).toBe('');
  }

  toString(): string {
    return this.name;
  }
}

async function agrees(stage: Stage, userId: string): Promise<void> {
  const matches = async () => {
    const due = stage.model.due(userId, await stage.world.now());
    const asked = await stage.world.now();
    const [truth] = await stage.world.engine.presence.read([userId]);
    if (truth) stage.reads?.push(readOf(truth, asked));
    const status = truth?.status ?? 'OFFLINE';
    if (due.is === 'either') return null;
    if (due.is === 'shown')
      return status === (due.status ?? status) && status !== 'OFFLINE'
        ? null
        : `${userId} is ${status}, not ${due.status ?? 'shown'}`;
    if (status !== 'OFFLINE') return `S2: ${userId} is gone and ${status}`;
    if (!truth || due.lastSeen === null || truth.lastSeen === null) return null;
    const off = Math.abs(truth.lastSeen - due.lastSeen);
    return off <= stage.nearMs ? null : `S10: the last seen of ${userId} is off by ${off} ms`;
  };
  // A store of its own may need a moment; what is right once stays right until something happens.
  const patience = stage.nearMs > EXACT_MS ? LATE_MS : 0;
  let wrong = await matches();
  for (let waited = 0; wrong !== null && waited < patience; waited += 30) {
    await stage.world.pass(30);
    wrong = await matches();
  }
  expect(wrong).toBeNull();
}

/** Later, the same would be news. */
async function elapse(stage: Stage, ms: number): Promise<void> {
  stage.again = nothing;
  await stage.world.pass(ms);
}

const nothing = () => Promise.resolve();

async function send(stage: Stage, request: () => Promise<unknown>): Promise<void> {
  stage.again = request;
  await request();
}

const user = fc.constantFrom(...USERS);
const id = fc.constantFrom('1', '2');
const connect = fc.tuple(user, id, fc.constantFrom('active', 'idle', 'keep')).map(
  ([userId, number, activity]) =>
    new Step(`${userId} connects ${number} ${activity}`, async (stage, now) => {
      const { engine, model, sockets } = stage;
      const name = `${userId}-${number}`;
      if (!sockets.includes(name)) sockets.push(name);
      model.hold(userId, 'socket', name, activity, now);
      await send(stage, () => engine.presence.hold(socket(userId, name, { activity, attach: activity === 'active' })));
    }),
);
const beat = fc.tuple(user, fc.constantFrom('', 'phone')).map(
  ([userId, device]) =>
    new Step(`${userId} beats ${device}`, async (stage, now) => {
      stage.model.hold(userId, 'lease', device, 'active', now);
      await send(stage, () => stage.engine.presence.hold(lease(userId, device)));
    }),
);
const disconnect = fc.tuple(user, id, fc.constantFrom('clean', 'abrupt', 'now')).map(
  ([userId, number, departure]) =>
    new Step(`${userId} disconnects ${number} ${departure}`, async (stage, now) => {
      stage.model.release(userId, `${userId}-${number}`, departure, now);
      await send(stage, () => stage.engine.presence.release(gone(userId, `${userId}-${number}`, departure)));
    }),
);
const leave = user.map(
  (userId) =>
    new Step(`${userId} leaves`, async (stage, now) => {
      stage.model.leave(userId, now);
      await send(stage, () => stage.engine.presence.leave(userId, null));
    }),
);
/** Nothing has happened since it was sent first: a client that had no answer. */
const again = fc.constant(
  new Step('the same is sent again', async (stage, at) => {
    const { world, repeats } = stage;
    const faces = async () => (await world.engine.presence.read(USERS)).map((truth) => truth && faceOf(truth)).join();
    const [before, told] = [await faces(), world.truths.length];
    await stage.again();
    repeats.push({
      at,
      user: '',
      what: 'what was sent last',
      before,
      after: await faces(),
      events: world.truths.length - told,
    });
  }),
);
const store = fc.constant(
  new Step('store', async ({ engine }) => {
    await engine.presence.stored(await engine.presence.unstored(10));
  }),
);
const pass = (max: number) =>
  fc.integer({ min: 1, max }).map((ms) => new Step(`${ms} ms pass`, (stage) => elapse(stage, ms)));
const crash = fc.constant(new Step('the instance dies', async (stage) => stage.crash?.(stage)));
const befall = fc.constantFrom(...MISHAPS).map((what) => new Step(what, async (stage) => stage.befall?.(what, stage)));

/**
 * Histories that once failed. A lease ends later than the socket that was the last sign of life; a lease has just ended
 * when somebody else does something.
 */
const KEPT = [
  { seed: 1582020908, path: '331' },
  { seed: 1531163875, path: '3396' },
];
const people = [connect, connect, disconnect, disconnect, beat, leave, store];
const runs = Number(process.env['RUNS'] ?? 0);
/** A failure is told as it is, not made smaller first. */
const endOnFailure = process.env['SHRINK'] === 'off';
const seed = process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) };

describe('presence is what people do', () => {
  it('in memory, over any history on a turned clock', { timeout: 60_000 }, async () => {
    const property = fc.asyncProperty(
      fc.commands([...people, again, pass(500), pass(3000)], { maxCommands: 60 }),
      async (steps) => {
        const world = await memoryWorld();
        await world.engine.presence.watch(USERS);
        const stage: Stage = {
          world,
          model: new Model(SETTINGS, SWEEP_MS),
          nearMs: EXACT_MS,
          engine: world.engine,
          sockets: [],
          reads: [],
          repeats: [],
          again: nothing,
        };
        await fc.asyncModelRun(() => ({ model: {}, real: stage }), steps);
        await world.close();
      },
    );
    for (const kept of KEPT) await fc.assert(property, { ...kept, endOnFailure: true });
    await fc.assert(property, { numRuns: runs || 500, endOnFailure, ...seed });
  });

  describe('over Redis', () => {
    let redis: Awaited<ReturnType<typeof theRedis>>;
    const started: World[] = [];
    beforeAll(async () => {
      redis = await theRedis();
    });
    afterAll(() => Promise.all(started.map((world) => world.close())));

    it('while instances die, messages are lost and the store is paused', { timeout: 240_000 }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.commands([...people, pass(1500), crash, befall], { maxCommands: 20 }), async (steps) => {
          const world = await redisWorld();
          const living = async () => {
            const instance = await instanceOn(redis, { instanceId: 'two' });
            instance.engine.presence.loadCustomsWith(async (ids) => new Map(ids.map((userId) => [userId, CUSTOM])));
            started.push(instance);
            return instance.engine;
          };
          await world.engine.presence.watch(USERS);
          const stage: Stage = {
            world,
            model: new Model(SETTINGS, LATE_MS),
            nearMs: LATE_MS,
            engine: await living(),
            sockets: [],
            reads: null,
            repeats: [],
            again: nothing,
            crash: async (own) => {
              own.model.crash(own.sockets, await world.now(), NOTICED_MS);
              own.sockets = [];
              await own.engine.close();
              own.engine = await living();
            },
            befall: async (what) => {
              if (what === 'deaf') await redis.admin.call('CLIENT', 'KILL', 'TYPE', 'PUBSUB');
              if (what === 'pause') {
                await redis.admin.call('CLIENT', 'PAUSE', 700, 'ALL');
                await world.pass(900);
              }
            },
          };
          await fc.asyncModelRun(() => ({ model: {}, real: stage }), steps);
          await Promise.all([stage.engine.close(), world.close()]);
        }),
        { numRuns: runs || 3, endOnFailure, ...seed },
      );
    });
  });
});
