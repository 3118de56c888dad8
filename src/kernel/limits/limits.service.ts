import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible';

import type { Caller } from '../caller.js';
import { Config } from '../config/config.js';
import { Refusal } from '../errors.js';
import { measure } from '../metrics/measure.js';
import { connectLimits, type LimitsConnection } from './limits.connection.js';

const MINUTE_S = 60;
/** A minute and device. */
const HEARTBEATS = 60;
/** A minute and user: custom status, privacy and blocks together. */
const CHANGES = 60;
/** A minute and user. */
const READS = 600;

/**
 * Who may call how often, counted over all wires and, with Redis, over all instances. Asked by the first line of a
 * service's method. While Redis is away each instance counts for itself: nobody is refused for that.
 */
@Injectable()
export class Limits implements OnApplicationShutdown {
  private readonly connection: LimitsConnection | null;
  private readonly heartbeats: RateLimiterAbstract;
  private readonly socketHeartbeats: RateLimiterAbstract;
  private readonly changes: RateLimiterAbstract;
  private readonly reads: RateLimiterAbstract;

  constructor(private readonly config: Config) {
    this.connection = config.rateLimits ? connectLimits(config.redisUrls) : null;
    this.heartbeats = this.limiter('h', HEARTBEATS);
    // A socket's heartbeats all come to the instance that has it.
    this.socketHeartbeats = local('s', HEARTBEATS);
    this.changes = this.limiter('c', CHANGES);
    this.reads = this.limiter('r', READS);
  }

  onApplicationShutdown(): void {
    this.connection?.disconnect();
  }

  /** Counts a question about others or oneself. Refuses RATE_LIMITED. */
  async read({ userId }: Caller): Promise<void> {
    const wait = await this.take(this.reads, userId);
    if (wait === null) return;
    measure.limited('read');
    throw tooMany('Too many calls', wait);
  }

  /** Counts a change of what one has chosen. Refuses RATE_LIMITED. */
  async change({ userId }: Caller): Promise<void> {
    const wait = await this.take(this.changes, userId);
    if (wait === null) return;
    measure.limited('change');
    throw tooMany('Too many changes', wait);
  }

  /**
   * Counts a heartbeat of the caller's connection or device. False: it is one too many, and changes nothing. A promise
   * only where heartbeats are counted.
   */
  heartbeat(caller: Caller, deviceId: string): true | Promise<boolean> {
    return this.config.rateLimits ? this.countHeartbeat(caller, deviceId) : true;
  }

  private async countHeartbeat({ userId, connectionId }: Caller, deviceId: string): Promise<boolean> {
    const wait =
      connectionId === undefined
        ? await this.take(this.heartbeats, `${userId} ${deviceId}`)
        : await this.take(this.socketHeartbeats, connectionId);
    if (wait !== null) measure.limited('heartbeat');
    return wait === null;
  }

  /** Null: taken. Else how long to wait, milliseconds. */
  private async take(limiter: RateLimiterAbstract, key: string): Promise<number | null> {
    if (!this.config.rateLimits) return null;
    try {
      await limiter.consume(key);
      return null;
    } catch (rejection) {
      if (rejection instanceof RateLimiterRes) return Math.max(1, rejection.msBeforeNext);
      throw rejection;
    }
  }

  private limiter(name: string, points: number): RateLimiterAbstract {
    if (!this.connection) return local(name, points);
    return new RateLimiterRedis({
      storeClient: this.connection,
      keyPrefix: `lamp:l:${name}`,
      points,
      duration: MINUTE_S,
      // Whoever is over the limit costs Redis nothing more.
      inMemoryBlockOnConsumed: points + 1,
      rejectIfRedisNotReady: true,
      insuranceLimiter: local(name, points),
    });
  }
}

function local(name: string, points: number): RateLimiterAbstract {
  return new RateLimiterMemory({ keyPrefix: name, points, duration: MINUTE_S });
}

function tooMany(message: string, retryAfterMs: number): Refusal {
  return new Refusal('RATE_LIMITED', message, retryAfterMs);
}
