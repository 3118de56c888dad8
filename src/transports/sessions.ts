import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AuthService } from '../kernel/auth/auth.service.js';
import { Changes } from '../kernel/changes/changes.service.js';
import { type Cancel, Clock } from '../kernel/clock.js';
import { Config } from '../kernel/config/config.js';
import { Directory } from '../kernel/directory/directory.service.js';
import { Drains, SOCKETS_ORDER } from '../kernel/drains.js';
import { Refusal, tooManyConnections } from '../kernel/errors.js';
import { notice } from '../kernel/logging/notices.js';
import { TRANSPORTS } from '../kernel/metrics/labels.js';
import { measure } from '../kernel/metrics/measure.js';
import { Multimap } from '../kernel/multimap.js';
import { Holds } from '../presence/holds.service.js';
import { type Line, Session, type SessionServices } from './session.js';

const PULSE_MS = 250;
/** A pulse that comes so much too late tells that the process stood still. */
const STANDSTILL_MS = 2000;
/** Sockets told to go elsewhere with each pulse of a drain: all at once while they are few. */
const DRAINED_A_PULSE_MIN = 500;
const DRAIN_MS = 22_000;
/** How long the last ones told get to leave; a wire cuts those off that do not. */
const LEAVE_MS = 2500;
/** Users looked up at once when too much has changed to be told of each. */
const LOOKED_UP = 500;

/** The live connections of this instance's message-shaped wires. */
@Injectable()
export class Sessions implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly live = new Set<Session>();
  private readonly byUser = new Multimap<string, Session>();
  private readonly services: SessionServices;
  private pulsedAt: number;
  private stops: readonly Cancel[] = [];

  constructor(
    auth: AuthService,
    holds: Holds,
    private readonly directory: Directory,
    private readonly clock: Clock,
    private readonly config: Config,
    changes: Changes,
    drains: Drains,
  ) {
    this.services = { auth, holds, clock, sessions: this };
    this.pulsedAt = clock.monotonic();
    changes.on((change) => {
      if (change.kind === 'userDeleted') void this.endOlder(change.userId);
      if (change.kind === 'everything') void this.endDeleted();
    });
    drains.register('sockets', SOCKETS_ORDER, () => this.drain());
  }

  onApplicationBootstrap(): void {
    this.stops = [
      this.clock.every(PULSE_MS, () => this.pulse()),
      measure.gauge('connections', () => this.census().live),
      measure.gauge('connectionsHeld', () => this.census().held),
      measure.gauge('queuedBytes', () => this.census().queuedBytes),
      measure.gauge('usersConnected', () => this.byUser.size),
    ];
  }

  onApplicationShutdown(): void {
    for (const stop of this.stops) stop();
  }

  get size(): number {
    return this.live.size;
  }

  /** A session for a connection that has just opened, nobody knows yet whose. */
  begin(line: Line): Session {
    return new Session(this.services, line);
  }

  add(session: Session): void {
    this.live.add(session);
    measure.opened(session.line.transport);
  }

  /**
   * Notes whose the session is. Refuses RATE_LIMITED when the user has as many here as may be, those that only watch
   * included; how many count over all instances is the engine's to know.
   */
  claim(session: Session, userId: string): void {
    if (this.byUser.count(userId) >= this.config.maxConnectionsPerUser) {
      this.noteCrowded(userId);
      throw tooManyConnections();
    }
    this.byUser.add(userId, session);
  }

  /** Somebody was refused a connection for having too many. */
  noteCrowded(userId: string): void {
    measure.limited('connection');
    notice('limit', `${userId} has as many connections as one user may have`);
  }

  remove(session: Session): void {
    this.live.delete(session);
    const userId = session.caller?.userId;
    if (userId !== undefined) this.byUser.delete(userId, session);
  }

  private pulse(): void {
    const monotonic = this.clock.monotonic();
    const stood = monotonic - this.pulsedAt > STANDSTILL_MS;
    this.pulsedAt = monotonic;
    const now = this.clock.now();
    for (const session of this.live) {
      if (stood) session.excuse(monotonic);
      session.check(monotonic, now);
    }
  }

  /** Counted when somebody asks, which is rarely. */
  private census(): { live: Record<string, number>; held: number; queuedBytes: number } {
    const live: Record<string, number> = Object.fromEntries(TRANSPORTS.map((transport) => [transport, 0]));
    let held = 0;
    let queuedBytes = 0;
    for (const { line } of this.live) {
      live[line.transport] = (live[line.transport] ?? 0) + 1;
      if (line.stuckSince !== null) held += 1;
      queuedBytes += line.queuedBytes;
    }
    return { live, held, queuedBytes };
  }

  private endThoseOf(userId: string): void {
    for (const session of this.byUser.of(userId)) session.end('unauthenticated');
  }

  /** Heard of late, somebody new may have the id by then: their connections stay. */
  private async endOlder(userId: string): Promise<void> {
    if (!this.byUser.has(userId)) return;
    const askedAt = this.clock.monotonic();
    let age: number | null = null;
    try {
      age = await this.directory.ageOf(userId);
    } catch (error) {
      // Nobody can say whose they are; whoever is there comes back.
      if (!(error instanceof Refusal)) throw error;
    }
    const born = age === null ? Infinity : askedAt - age;
    for (const session of this.byUser.of(userId)) if (session.begunAt < born) session.end('unauthenticated');
  }

  private async endDeleted(): Promise<void> {
    const userIds = [...this.byUser.keys()];
    try {
      for (let i = 0; i < userIds.length; i += LOOKED_UP) {
        const some = userIds.slice(i, i + LOOKED_UP);
        const existing = await this.directory.users(some);
        for (const userId of some) if (!existing.has(userId)) this.endThoseOf(userId);
      }
    } catch (error) {
      // Nobody can say who is left; a connection of somebody deleted sees and shows nothing, and ends with its token.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  /** Ends when every connection has been told to go to another instance and has gone, or was cut off. */
  private async drain(): Promise<void> {
    const waiting = [...this.live];
    const batch = Math.max(DRAINED_A_PULSE_MIN, Math.ceil((waiting.length * PULSE_MS) / DRAIN_MS));
    for (let told = 0; told < waiting.length; told += batch) {
      if (told > 0) await wait(PULSE_MS);
      for (const session of waiting.slice(told, told + batch)) session.end('draining');
    }
    for (let waited = 0; waited < LEAVE_MS && this.live.size > 0; waited += 50) await wait(50);
  }
}
