import { type Measured, runCrowd } from './crowd.js';
import { fromAnotherInstance } from './events.js';
import { ENGINE_SETTINGS, startOthers, storeStatuses } from './others.js';
import { ALL, type PeerId } from './peers.js';
import { type Running, startRedis, startServer } from './stage.js';
import { type Pace, type Scene, user } from './work.js';

/** What one server did in one scene, by the label of the phase. */
export interface Row {
  readonly scene: string;
  readonly peer: PeerId;
  readonly round: number;
  readonly phases: Readonly<Record<string, Measured>>;
}

export interface Circumstances {
  readonly pace: Pace;
  readonly databaseUrl: string;
  /** Where a CPU profile of what comes after the warm-up goes. */
  readonly profile?: string;
}

/** One go with a Redis and a server of its own. */
export async function runScene(scene: Scene, id: PeerId, circumstances: Circumstances): Promise<Row['phases']> {
  const redis = await startRedis();
  try {
    const endOthers = await populate(redis, scene, id);
    try {
      return await measure(scene, id, redis, circumstances);
    } finally {
      await endOthers();
    }
  } finally {
    await redis.stop();
  }
}

/** Brings those online who are so elsewhere. */
async function populate(redis: Running, scene: Scene, id: PeerId): Promise<() => Promise<void>> {
  const online = Array.from({ length: scene.online }, (_, n) => user(n));
  if (online.length === 0) return () => Promise.resolve();
  if (id === 'lamplight') return startOthers(redis.port, online);
  await storeStatuses(redis.port, online);
  return () => Promise.resolve();
}

async function measure(scene: Scene, id: PeerId, redis: Running, { pace, ...surroundings }: Circumstances) {
  const peer = ALL[id];
  const server = await startServer(peer, { redisPort: redis.port, ...surroundings });
  try {
    const announce = peer.announce ?? fromAnotherInstance(ENGINE_SETTINGS);
    const plan = scene.plan(peer, announce, pace);
    const phases = surroundings.profile ? watched(plan.phases) : plan.phases;
    return await runCrowd(
      { ...plan, phases },
      { port: server.port, pid: server.pid, redisPort: redis.port, redisPid: redis.pid },
    );
  } finally {
    await server.stop();
  }
}

/** With a signal when the warm-up is over and one at the end. */
function watched(phases: readonly string[]): string[] {
  const warm = phases.findIndex((phase) => /:(warm|first):/.test(phase));
  const others = phases.filter((phase) => !phase.startsWith('signal:'));
  return [...others.slice(0, warm + 1), 'signal:begin:1500', ...others.slice(warm + 1), 'signal:finish:1500'];
}
