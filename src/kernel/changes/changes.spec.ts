import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { ManualClock } from '../../../test/contract/manual.clock.js';
import { startKernel } from '../../../test/support/kernel.js';
import type { Kernel, KernelOptions } from '../../../test/support/kernel.js';
import { startPostgres } from '../../../test/support/postgres.js';
import type { TestDatabase } from '../../../test/support/postgres.js';
import type { ChangesBus } from './changes.service.js';
import type { Change } from './changes.types.js';

const SOON = { timeout: 5000, interval: 20 };
const person = (id: string) => ({ id, username: id, displayName: id, avatarUrl: null });

/** Brings messages to everybody in turn, unless it is broken. */
class TestBus implements ChangesBus {
  private readonly listeners = new Set<(message: string) => void>();
  loses = false;
  fails = false;

  async publish(_topic: string, message: string): Promise<void> {
    if (this.fails) throw new Error('The bus is away');
    if (!this.loses) for (const listener of this.listeners) listener(message);
  }

  async subscribe(_topic: string, listener: (message: string) => void) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

let postgres: TestDatabase;
const running: Kernel[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterEach(async () => {
  for (const kernel of running.splice(0)) await kernel.close();
});
afterAll(() => postgres.drop());

async function instance(options: KernelOptions) {
  const kernel = await startKernel(postgres.url, options);
  running.push(kernel);
  const heard: Change[] = [];
  kernel.changes.on((change) => heard.push(change));
  return { ...kernel, heard };
}

const about = (heard: readonly Change[], userId: string) =>
  heard.filter((change) => 'userId' in change && change.userId === userId);

describe('a durable change', () => {
  it('is applied where it was made before the call returns, and elsewhere by one message', async () => {
    const bus = new TestBus();
    const here = await instance({ bus });
    const there = await instance({ bus });
    await here.directory.putUser(person('ann'));
    expect(about(here.heard, 'ann')).toEqual([{ kind: 'user', userId: 'ann' }]);
    expect(about(there.heard, 'ann')).toEqual([{ kind: 'user', userId: 'ann' }]);
  });

  it('reaches an instance whose message was lost, once, within seconds', async () => {
    const bus = new TestBus();
    const here = await instance({ bus });
    const there = await instance({ bus });
    bus.loses = true;
    await here.directory.putUser(person('ben'));
    expect(about(there.heard, 'ben')).toEqual([]);
    await vi.waitUntil(() => about(there.heard, 'ben').length > 0, SOON);
    await here.directory.putUser(person('ben2'));
    await vi.waitUntil(() => about(there.heard, 'ben2').length > 0, SOON);
    expect(about(there.heard, 'ben')).toHaveLength(1);
    expect(about(here.heard, 'ben')).toHaveLength(1);
  });

  it('is done although the bus is away', async () => {
    const bus = new TestBus();
    const here = await instance({ bus });
    bus.fails = true;
    await here.directory.putUser(person('cid'));
    expect(await here.directory.user('cid')).toMatchObject({ id: 'cid' });
  });

  it('is heard of even when its transaction commits after one with a higher number', async () => {
    const here = await instance({});
    const slow = here.database.createQueryRunner();
    await slow.startTransaction();
    await slow.query(`INSERT INTO changes (kind, user_id) VALUES ('user', 'slow')`);
    await here.directory.putUser(person('quick'));
    const there = await instance({});
    await here.directory.putUser(person('quicker'));
    await vi.waitUntil(() => about(there.heard, 'quicker').length > 0, SOON);
    expect(about(there.heard, 'slow')).toEqual([]);
    await slow.commitTransaction();
    await slow.release();
    for (const { heard } of [here, there]) await vi.waitUntil(() => about(heard, 'slow').length > 0, SOON);
    expect(about(there.heard, 'quicker')).toHaveLength(1);
  });

  it('leaves nothing behind when the work fails', async () => {
    const here = await instance({});
    const failing = here.changes.commit(async (manager) => {
      await manager.query(`INSERT INTO users (id, username, display_name) VALUES ('dan', 'dan', 'dan')`);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await here.directory.user('dan')).toBeNull();
    expect(about(here.heard, 'dan')).toEqual([]);
  });

  it('is one of everything where it is too much to name', async () => {
    const here = await instance({});
    here.heard.length = 0;
    await here.changes.commit(async () => ({
      result: null,
      changes: Array.from({ length: 501 }, (_, i) => ({ kind: 'user' as const, userId: `many-${i}` })),
    }));
    expect(here.heard).toEqual([{ kind: 'everything' }]);
  });

  it('reaches the other listeners when one of them fails', async () => {
    const here = await instance({});
    const heard: Change[] = [];
    here.changes.on(() => {
      throw new Error('mine');
    });
    here.changes.on((change) => heard.push(change));
    await here.directory.putUser(person('eve'));
    expect(about(heard, 'eve')).toHaveLength(1);
  });

  it('is forgotten after an hour', async () => {
    const clock = new ManualClock();
    const here = await instance({ clock });
    await here.database.query(
      `INSERT INTO changes (kind, user_id, created_at) SELECT 'user', 'old', now() - interval '61 minutes' FROM generate_series(1, 2500)`,
    );
    await here.database.query(
      `INSERT INTO changes (kind, user_id, created_at) VALUES ('user', 'young', now() - interval '59 minutes')`,
    );
    const left = async () => {
      await clock.turn(1000);
      const rows = await here.database.query<{ user_id: string }[]>(
        `SELECT DISTINCT user_id FROM changes WHERE user_id IN ('old', 'young')`,
      );
      return rows.map((row) => row.user_id).sort();
    };
    await clock.turn(66_000);
    await vi.waitUntil(async () => (await left()).join() === 'young', SOON);
  });
});

describe('what is kept may be trusted', () => {
  const turnUntil = async (clock: ManualClock, ms: number, wanted: () => boolean) => {
    await clock.turn(ms);
    await vi.waitUntil(wanted, SOON);
  };

  it('only once the log has been read', async () => {
    const clock = new ManualClock();
    const bus = new TestBus();
    const here = await instance({ clock, bus, follow: false });
    await clock.turn(6000);
    expect(here.changes.fresh()).toBe(false);
  });

  it('for ten seconds after the last reading, where there is no bus', async () => {
    const clock = new ManualClock();
    const here = await instance({ clock });
    expect(here.changes.fresh()).toBe(true);
    await here.database.destroy();
    await clock.turn(10_000);
    expect(here.changes.fresh()).toBe(true);
    await clock.turn(1);
    expect(here.changes.fresh()).toBe(false);
  });

  it('while Postgres is away, as long as own messages come back', async () => {
    const clock = new ManualClock();
    const bus = new TestBus();
    const here = await instance({ clock, bus });
    await here.database.destroy();
    await clock.turn(60_000);
    expect(here.changes.fresh()).toBe(true);
    bus.loses = true;
    await clock.turn(10_100);
    expect(here.changes.fresh()).toBe(false);
    // Messages that come again do not bring back those of the silent time.
    bus.loses = false;
    await clock.turn(10_000);
    expect(here.changes.fresh()).toBe(false);
    await here.database.initialize();
    await turnUntil(clock, 1200, () => here.changes.fresh());
  });
});
