import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryEngine } from '../../src/engine/memory/memory.engine.js';
import { PresenceRepository } from '../../src/presence/presence.repository.js';
import { ManualClock } from '../contract/manual.clock.js';
import { SETTINGS } from '../contract/world.js';
import { type Kernel, startKernel } from '../support/kernel.js';
import { startPostgres, type TestDatabase } from '../support/postgres.js';
import { House } from './house.js';

const ANN = { userId: 'ann', expiresAt: Infinity };
const BOB = { userId: 'bob', expiresAt: Infinity };
const TRUSTED_MS = 10_000;
const SOON = { timeout: 3000, interval: 5 };

let postgres: TestDatabase;
let clock: ManualClock;
let house: House;
/** Another instance, of which this one does not always hear. */
let elsewhere: Kernel;
let told: string[];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.drop());

beforeEach(async () => {
  clock = new ManualClock(Date.now());
  const engine = new MemoryEngine(clock, SETTINGS);
  await engine.start();
  house = await House.open(postgres.url, engine, clock);
  elsewhere = await startKernel(postgres.url);
  for (const id of ['ann', 'bob', 'cat'])
    await house.kernel.directory.putUser({ id, username: id, displayName: id, avatarUrl: null });
  await house.holds.connected({ ...ANN, connectionId: 's1' }, opening('s1'));
  told = [];
});
afterEach(async () => {
  await elsewhere.close();
  await house.kill();
  const { database, close } = await startKernel(postgres.url, { follow: false });
  await database.query('DELETE FROM users');
  await close();
});

const opening = (connectionId: string) => ({ connectionId, deviceId: null, platform: 'WEB', active: true }) as const;

async function bobLooks(): Promise<void> {
  const stream = await house.feed.watch(BOB, { userIds: ['ann'] }, true);
  stream.drainTo({ next: (view) => told.push(view.status), end: () => undefined });
}

/** From now on answers about who may see whom are held back until the function that this returns is called. */
function holdAnswers(): () => void {
  const { privacy } = house;
  const dossiers = privacy.dossiers.bind(privacy);
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  privacy.dossiers = async (...asked) => {
    const answer = await dossiers(...asked);
    await gate;
    return answer;
  };
  return () => release();
}

const hideElsewhere = () =>
  elsewhere.database.query(
    `INSERT INTO privacy_settings (user_id, last_seen, online, coarse_last_seen, typing)
     VALUES ('ann', 'NOBODY', 'NOBODY', false, true)`,
  );

describe('somebody who hides', () => {
  it('is not shown by an answer that was under way when they did', async () => {
    const release = holdAnswers();
    const looking = bobLooks();
    await vi.waitUntil(() => house.feed.users === 1, SOON);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await house.privacy.update(ANN, { online: 'NOBODY' });
    release();
    await looking;
    await vi.waitUntil(() => told.length > 0, SOON);
    expect(told).toEqual(['OFFLINE']);
  });

  it('is not shown by an answer that was under way when they blocked whoever looks', async () => {
    const release = holdAnswers();
    const looking = bobLooks();
    await vi.waitUntil(() => house.feed.users === 1, SOON);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await house.privacy.block(ANN, 'bob');
    release();
    await looking;
    await vi.waitUntil(() => told.length > 0, SOON);
    expect(told).toEqual(['OFFLINE']);
  });

  it('is not told about while it is not known who may see them', async () => {
    await bobLooks();
    const release = holdAnswers();
    await house.privacy.update(ANN, { online: 'NOBODY' });
    await house.presence.setCustomStatus(ANN, { status: 'DO_NOT_DISTURB' });
    expect(told).toEqual(['ONLINE']);
    release();
    await vi.waitUntil(() => told.length > 1, SOON);
    expect(told).toEqual(['ONLINE', 'OFFLINE']);
  });

  it('is not hidden by an answer that was under way when they showed themselves again, who changes their mind', async () => {
    await bobLooks();
    const release = holdAnswers();
    await house.privacy.update(ANN, { online: 'NOBODY' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await house.privacy.update(ANN, { online: 'EVERYONE' });
    release();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await house.presence.setCustomStatus(ANN, { status: 'DO_NOT_DISTURB' });
    await vi.waitUntil(() => told.includes('DO_NOT_DISTURB'), SOON);
    expect(told).toEqual(['ONLINE', 'DO_NOT_DISTURB']);
  });

  it('is shown no longer than ten seconds by one who hears of nothing any more', async () => {
    await bobLooks();
    await house.kernel.directory.user('ann');
    expect((await house.presence.userStatus(BOB, 'ann')).status).toBe('ONLINE');
    house.kernel.changes.onApplicationShutdown();
    await hideElsewhere();
    await clock.turn(TRUSTED_MS + 1500);
    expect((await house.presence.userStatus(BOB, 'ann')).status).toBe('OFFLINE');
    // Not a change of the setting is what is heard of here, but one of presence.
    await house.presence.setCustomStatus(ANN, { status: 'DO_NOT_DISTURB' });
    await vi.waitUntil(() => told.length > 2, SOON);
    // Idle while that was still known to be allowed.
    expect(told).toEqual(['ONLINE', 'IDLE', 'OFFLINE']);
  });

  it('stays hidden where it cannot be asked who may see them', async () => {
    await house.privacy.update(ANN, { online: 'NOBODY' });
    await house.kernel.directory.user('ann');
    await house.kernel.database.destroy();
    const dossier = (await house.privacy.dossiersFor('cat', ['ann'])).get('ann');
    expect(dossier).toMatchObject({ certain: false, verdict: { online: false, lastSeen: false, typing: false } });
  });
});

describe('somebody who looks away before it is known what they may see', () => {
  it('is told nothing, and nobody is watched any more', async () => {
    const release = holdAnswers();
    const around = house.feed.watchAround(BOB);
    await around.then(({ add, drop, stream }) => {
      stream.drainTo({ next: (view) => told.push(`${view.userId} ${view.status}`), end: () => undefined });
      const naming = add(['ann', 'cat']);
      expect(house.feed.users).toBe(2);
      drop(['ann']);
      return Promise.all([naming, vi.waitUntil(() => house.feed.users === 1, SOON).then(release)]);
    });
    expect(told).toEqual(['cat OFFLINE']);
    await (await around).stream.return();
    expect([house.feed.users, house.feed.watches]).toEqual([0, 0]);
  });

  it('may be gone by then', async () => {
    const release = holdAnswers();
    const { add, stream } = await house.feed.watchAround(BOB);
    const naming = add(['ann', 'cat']);
    await stream.return();
    expect(house.feed.users).toBe(0);
    release();
    await naming;
    expect([house.feed.users, house.feed.watches]).toEqual([0, 0]);
    await bobLooks();
    expect(told).toEqual(['ONLINE']);
  });

  it('may be gone for having been told of the first', async () => {
    const { add, stream } = await house.feed.watchAround(BOB);
    const end = () => undefined;
    stream.drainTo({ next: (view) => told.push(view.userId) && void stream.return(), end });
    await add(['ann', 'cat']);
    expect(told).toEqual(['ann']);
    expect([house.feed.users, house.feed.watches]).toEqual([0, 0]);
  });
});

it('an older last seen, stored late, changes nothing', async () => {
  const { database, changes } = house.kernel;
  const repository = new PresenceRepository(database, changes);
  for (const lastSeen of [5000, 4000]) await repository.keepLastSeen([{ userId: 'bob', lastSeen, lastActive: null }]);
  expect((await repository.lastSeenOf(['bob'])).get('bob')).toMatchObject({ lastSeen: 5000 });
});
