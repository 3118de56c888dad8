import { Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';

import { Clock } from '../clock.js';
import type { Cancel } from '../clock.js';
import { Config } from '../config/config.js';
import { reachable } from '../database/database.js';
import { measure } from '../metrics/measure.js';
import { ChangeLog, KEPT_MINUTES, READ_MAX } from './changes.log.js';
import type { LoggedChange } from './changes.log.js';
import { readMessage, writeChanges, writeTick } from './changes.message.js';
import { Progress } from './changes.progress.js';
import type { Change } from './changes.types.js';
import { Trust } from './changes.trust.js';

const TOPIC = 'changes';
const POLL_MS = 1000;
const TICK_MS = 2000;
const PRUNE_MS = 60_000;
/** More changes of one commit are not named. */
const NAMED_MAX = 500;
/** Readings of the log in one poll; whoever is further behind is not helped by reading on at once. */
const READS_A_POLL = 20;
const PRUNES_A_ROUND = 10;
/** Silent for longer, rows may have been removed unread. */
const SILENCE_MAX_MS = (KEPT_MINUTES / 2) * 60_000;

/** Ends a listener; calling it again does nothing. */
export type Stop = () => void;

/** `own`: this process has just committed it, and whoever asked for it has no answer yet. */
export type ChangeListener = (change: Change, own: boolean) => void;

/** What carries messages between instances, each at most once. The engine's bus fits. */
export interface ChangesBus {
  publish(topic: string, message: string): Promise<void>;
  subscribe(topic: string, listener: (message: string) => void): Promise<Stop>;
}

/**
 * Durable changes and who has to hear of them. A change is a row of the same transaction, so it cannot be lost; a
 * message brings it to the other instances at once, and every instance reads the rows once a second, so that a lost
 * message costs a second or two.
 */
@Injectable()
export class Changes implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Changes.name);
  private readonly log: ChangeLog;
  private readonly listeners = new Set<ChangeListener>();
  private readonly progress = new Progress();
  private readonly trust: Trust;
  private readonly timers = new Map<string, Cancel>();
  private readonly unsubscribes: Stop[] = [];
  private bus: ChangesBus | null = null;
  /** The database's clock when the log was last read to its end; null before the first reading. */
  private readAt: number | null = null;
  private away = false;
  private stopped = false;

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    this.log = new ChangeLog(database);
    this.trust = new Trust(clock);
  }

  /**
   * One transaction, with its changes. When it resolves, the work is committed, this process has applied the changes
   * and the other instances have been told. `work` uses only the manager that it is given. Refuses
   * SERVICE_UNAVAILABLE when Postgres cannot be reached; everything `work` throws rolls back and passes.
   */
  async commit<T>(work: (manager: EntityManager) => Promise<{ result: T; changes: readonly Change[] }>): Promise<T> {
    const { result, logged } = await reachable(() =>
      this.database.transaction(async (manager) => {
        const { result, changes } = await work(manager);
        const named: readonly Change[] = changes.length > NAMED_MAX ? [{ kind: 'everything' }] : changes;
        return { result, logged: await this.log.append(manager, named) };
      }),
    );
    this.apply(logged, true);
    if (logged.length > 0) await this.send(writeChanges(logged));
    return result;
  }

  /** Listeners are called synchronously, in the order of registration, once for each change. They must not throw. */
  on(listener: ChangeListener): Stop {
    // A function of its own, so that one function registered twice is two listeners.
    const one: ChangeListener = (change, own) => listener(change, own);
    this.listeners.add(one);
    return () => this.listeners.delete(one);
  }

  /** Whether every change older than about ten seconds was heard, so that what listeners keep may be used. */
  fresh(): boolean {
    return this.trust.holds();
  }

  /** Joins the other instances. Called once, at boot. */
  async connect(bus: ChangesBus): Promise<void> {
    this.bus = bus;
    this.unsubscribes.push(await bus.subscribe(TOPIC, (message) => this.hear(message)));
    await this.tick();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.poll();
    this.repeat('prune', PRUNE_MS, () => this.prune());
  }

  onApplicationShutdown(): void {
    this.stopped = true;
    for (const cancel of this.timers.values()) cancel();
    for (const unsubscribe of this.unsubscribes) unsubscribe();
  }

  private apply(logged: readonly LoggedChange[], own: boolean): void {
    for (const { id, change } of logged) if (this.progress.take(id)) this.dispatch(change, own);
  }

  private dispatch(change: Change, own: boolean): void {
    measure.changed(change.kind);
    for (const listener of this.listeners) {
      try {
        listener(change, own);
      } catch (error) {
        // The others, and the commit that is already done, must not suffer from it.
        this.logger.error(`A listener failed on a change of kind ${change.kind}`, error);
      }
    }
  }

  private async send(message: string): Promise<void> {
    try {
      await this.bus?.publish(TOPIC, message);
    } catch {
      // The rows are committed: the other instances read them within a second or two.
    }
  }

  private hear(message: string): void {
    const heard = readMessage(message);
    if (heard?.tick === this.config.instanceId) this.trust.ticked();
    if (heard?.changes) this.apply(heard.changes, false);
  }

  private async tick(): Promise<void> {
    await this.send(writeTick(this.config.instanceId));
    this.repeat('tick', TICK_MS, () => this.tick());
  }

  private async poll(): Promise<void> {
    const askedAt = this.clock.monotonic();
    try {
      if (this.readAt === null) await this.begin();
      else await this.catchUp(this.readAt);
      this.trust.polled(askedAt);
      this.away = false;
    } catch (error) {
      if (!this.away && !this.stopped)
        this.logger.warn(`Changes cannot be read: ${error instanceof Error ? error.message : 'unknown'}`);
      this.away = true;
    }
    this.repeat('poll', POLL_MS, () => this.poll());
  }

  /** Nothing is remembered yet, so nothing that is already visible matters. */
  private async begin(): Promise<void> {
    const { top, visible, now } = await this.log.position();
    this.progress.begin(top, visible, this.clock.monotonic());
    this.readAt = now;
    // Between the start and this moment something may have been kept that a change had made old.
    this.dispatch({ kind: 'everything' }, false);
  }

  private async catchUp(readAt: number): Promise<void> {
    for (let reads = 0; reads < READS_A_POLL; reads += 1) {
      const { rows, now } = await this.log.after(this.progress.top, this.progress.holes());
      const last = rows.at(-1)?.id ?? 0;
      this.apply(rows, false);
      const complete = this.progress.reach(Math.max(last, this.progress.top), this.clock.monotonic());
      if (!complete || now - readAt > SILENCE_MAX_MS) this.dispatch({ kind: 'everything' }, false);
      this.readAt = readAt = now;
      if (rows.length < READ_MAX) return;
    }
    throw new Error('more of them than can be read in time');
  }

  private async prune(): Promise<void> {
    try {
      let more = true;
      for (let round = 0; more && round < PRUNES_A_ROUND; round += 1) more = await this.log.prune();
    } catch {
      // Postgres is away, which the poll reports; the next round removes them.
    }
    this.repeat('prune', PRUNE_MS, () => this.prune());
  }

  /** Jittered, so that instances that started together do not ask together. */
  private repeat(name: string, ms: number, work: () => Promise<void>): void {
    if (this.stopped) return;
    this.timers.set(
      name,
      this.clock.after(ms * (0.9 + Math.random() * 0.2), () => void work()),
    );
  }
}
