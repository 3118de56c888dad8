import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { AuthService } from '../../src/kernel/auth/auth.service.js';
import { Changes } from '../../src/kernel/changes/changes.service.js';
import { Directory } from '../../src/kernel/directory/directory.service.js';
import { Drains } from '../../src/kernel/drains.js';
import { Holds } from '../../src/presence/holds.service.js';
import type { Ending, Line } from '../../src/transports/session.js';
import { Sessions } from '../../src/transports/sessions.js';
import { ManualClock } from '../contract/manual.clock.js';
import { TestApp } from '../support/app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ OFFLINE_GRACE_MS: '0', LEAVE_GRACE_MS: '0' });
  await app.befriend('ann', 'ben');
});
afterAll(() => app.stop());

/** A wire that only notes what it is asked to do. */
class Wire implements Line {
  readonly transport = 'ws';
  readonly endings: Ending[] = [];
  pings = 0;
  cuts = 0;
  stuckSince: number | null = null;
  queuedBytes = 0;
  ping = () => void (this.pings += 1);
  end = (ending: Ending) => void this.endings.push(ending);
  cut = () => void (this.cuts += 1);
}

/** A clock that can also jump, as it does for a process that stood still. */
class JumpingClock extends ManualClock {
  private jumped = 0;

  override now(): number {
    return super.now() + this.jumped;
  }

  override monotonic(): number {
    return super.monotonic() + this.jumped;
  }

  jump(ms: number): void {
    this.jumped += ms;
  }
}

let clock: JumpingClock;
let sessions: Sessions;
beforeEach(() => {
  const { nest } = app;
  clock = new JumpingClock(Date.now());
  sessions = new Sessions(
    nest.get(AuthService),
    nest.get(Holds),
    nest.get(Directory),
    clock,
    app.config,
    nest.get(Changes),
    new Drains(clock),
  );
  sessions.onApplicationBootstrap();
});

async function connect(userId: string): Promise<{ wire: Wire; session: ReturnType<Sessions['begin']> }> {
  const wire = new Wire();
  const session = sessions.begin(wire);
  await session.identify(app.token(userId));
  await session.open({});
  return { wire, session };
}

describe('a connection whose client is there no more', () => {
  it('is cut within twenty seconds, and its user was last seen when it was last heard', async () => {
    const { wire, session } = await connect('ann');
    await clock.turn(5000);
    session.heard();
    const heardAt = clock.monotonic();
    for (let waited = 0; waited < 20_000 && wire.cuts === 0; waited += 250) await clock.turn(250);
    expect(wire.pings).toBeGreaterThan(0);
    expect(wire.cuts).toBe(1);
    // The engine lives by another clock here, and never believes in a silence longer than the connection.
    const told = vi.spyOn(app.nest.get(Holds), 'disconnected');
    await session.closed(false);
    const [, , departure, silentMs] = told.mock.calls[0] ?? [];
    expect(departure).toBe('abrupt');
    expect(silentMs).toBe(clock.monotonic() - heardAt);
    expect(silentMs).toBeLessThanOrEqual(20_000);
  });

  it('is kept as long as it answers', async () => {
    const { wire, session } = await connect('ann');
    for (let waited = 0; waited < 120_000; waited += 250) {
      const { pings } = wire;
      await clock.turn(250);
      if (wire.pings > pings) session.heard();
    }
    expect(wire.cuts).toBe(0);
    expect(wire.pings).toBeGreaterThan(10);
    await session.closed(true);
  });

  it('is not mistaken for one while this process itself stood still', async () => {
    const { wire, session } = await connect('ann');
    await clock.turn(10_000);
    expect(wire.pings).toBe(1);
    clock.jump(60_000);
    await clock.turn(1000);
    session.heard();
    await clock.turn(8000);
    expect(wire.cuts).toBe(0);
    await session.closed(true);
  });
});

describe('a connection', () => {
  it('ends when its client has taken nothing for so long that it is gone after ten seconds, whether it says goodbye or not', async () => {
    const { wire, session } = await connect('ann');
    wire.stuckSince = clock.monotonic();
    await clock.turn(7250);
    expect(wire.endings).toEqual([]);
    await clock.turn(250);
    expect(wire.endings).toEqual(['slow']);
    await session.closed(false);
  });

  it('ends with its token, five seconds for clocks that differ and at most one more', async () => {
    const wire = new Wire();
    const session = sessions.begin(wire);
    await session.identify(app.token('ann', 60));
    const heard = clock.every(1000, () => session.heard());
    await clock.turn(63_000);
    expect(wire.endings).toEqual([]);
    await clock.turn(3000);
    heard();
    expect(wire.endings[0]).toBe('expired');
    await session.closed(false);
  });

  it('may talk in bursts, and is cut off only for five seconds of too much without a break', async () => {
    const { wire, session } = await connect('ann');
    const say = (count: number) => Array.from({ length: count }, () => session.admit());
    expect(say(200)).not.toContain('NO');
    expect(session.admit()).toBe('NO');
    await clock.turn(1000);
    expect(say(50)).not.toContain('NO');
    expect(say(1)).toEqual(['NO']);
    await clock.turn(4000);
    expect(say(200)).not.toContain('NO');
    for (let i = 0; i < 49; i += 1) {
      say(20);
      await clock.turn(100);
    }
    expect(wire.endings).toEqual([]);
    say(20);
    await clock.turn(100);
    say(20);
    expect(wire.endings).toContain('flooding');
    await session.closed(false);
  });

  it('gives its place back to its user when it closes', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, () => connect('ann')));
    await expect(connect('ann')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await all[0]?.session.closed(true);
    const again = await connect('ann');
    for (const { session } of [...all.slice(1), again]) await session.closed(true);
  });
});
