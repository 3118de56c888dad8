import { Global, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { Config } from '../kernel/config/config.js';
import { measure } from '../kernel/metrics/measure.js';
import { Engine } from './engine.js';
import type { EngineSettings, Stop } from './engine.js';
import { MemoryEngine } from './memory/memory.engine.js';
import { RedisEngine } from './redis/redis.engine.js';

/**
 * The engine of this process, by configuration. It is made here and run by whoever boots the process: start, drain and
 * close have their place between the database and the sockets.
 */
@Global()
@Module({
  providers: [{ provide: Engine, inject: [Config, Clock], useFactory: makeEngine }],
  exports: [Engine],
})
export class EngineModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private stops: readonly Stop[] = [];

  constructor(private readonly engine: Engine) {}

  onApplicationBootstrap(): void {
    const { engine } = this;
    this.stops = [
      measure.gauge('engineUp', () => Number(engine.health().up)),
      measure.gauge('unacknowledged', () => engine.health().unacknowledged),
      measure.gauge('usersOnline', () => engine.presence.online()),
    ];
  }

  onApplicationShutdown(): void {
    for (const stop of this.stops) stop();
  }
}

export function makeEngine(config: Config, clock: Clock): Engine {
  const settings = settingsOf(config);
  return config.redisUrls.length === 0
    ? new MemoryEngine(clock, settings)
    : new RedisEngine(config.redisUrls, clock, settings);
}

/** A lease outlives two lost heartbeats. */
const LEASE_HEARTBEATS = 3;

function settingsOf(config: Config): EngineSettings {
  return {
    instanceId: config.instanceId,
    leaseMs: LEASE_HEARTBEATS * config.heartbeatSeconds * 1000,
    offlineGraceMs: config.offlineGraceMs,
    leaveGraceMs: config.leaveGraceMs,
    idleAfterMs: config.idleAfterMs,
    typingTtlMs: config.typingTtlMs,
    typingMinIntervalMs: config.typingMinIntervalMs,
  };
}
