import type { Engine } from '../../src/engine/engine.js';
import { Audit } from '../../src/kernel/audit/audit.service.js';
import type { ChangesBus } from '../../src/kernel/changes/changes.service.js';
import type { Clock } from '../../src/kernel/clock.js';
import type { Environment } from '../../src/kernel/config/config.js';
import { Connections } from '../../src/kernel/connections.js';
import { Drains } from '../../src/kernel/drains.js';
import { Limits } from '../../src/kernel/limits/limits.service.js';
import { Holds } from '../../src/presence/holds.service.js';
import { Customs } from '../../src/presence/presence.customs.js';
import { PresenceFeed } from '../../src/presence/presence.feed.js';
import { PresenceReader } from '../../src/presence/presence.reader.js';
import { PresenceReaper } from '../../src/presence/presence.reaper.js';
import { PresenceRepository } from '../../src/presence/presence.repository.js';
import { PresenceService } from '../../src/presence/presence.service.js';
import { PrivacyRepository } from '../../src/privacy/privacy.repository.js';
import { PrivacyService } from '../../src/privacy/privacy.service.js';
import { TypingFeed } from '../../src/typing/typing.feed.js';
import { TypingService } from '../../src/typing/typing.service.js';
import { type Kernel, startKernel } from '../support/kernel.js';

/** Last seen is written several times in any wait of a test. */
const ENV = { RATE_LIMITS: 'off', LAST_SEEN_FLUSH_MS: '200' };

/** One instance without its wires: the services over a real engine and a real Postgres. */
export class House {
  private constructor(
    readonly engine: Engine,
    readonly kernel: Kernel,
    readonly presence: PresenceService,
    readonly holds: Holds,
    readonly feed: PresenceFeed,
    readonly privacy: PrivacyService,
    readonly typing: TypingService,
    readonly typingFeed: TypingFeed,
    private readonly drains: Drains,
    /** Milliseconds since 1970. */
    readonly begunAt: number,
  ) {}

  /** The engine has started. `bus` null: it hears of changes by reading them only. */
  static async open(
    databaseUrl: string,
    engine: Engine,
    clock: Clock,
    bus: ChangesBus | null = engine.bus,
    env: Environment = {},
  ): Promise<House> {
    const begunAt = clock.now();
    const kernel = await startKernel(databaseUrl, { clock, ...(bus && { bus }), env: { ...ENV, ...env } });
    const { config, database, changes, directory } = kernel;
    const limits = new Limits(config);
    const repository = new PresenceRepository(database, changes);
    const customs = new Customs(repository, changes, engine, directory, clock);
    const privacy = new PrivacyService(new PrivacyRepository(database, changes), directory, changes, limits, config);
    const connections = new Connections();
    const holds = new Holds(engine, customs, connections, config, changes);
    const presence = new PresenceService(
      engine,
      new PresenceReader(engine, privacy, clock),
      repository,
      customs,
      privacy,
      directory,
      holds,
      limits,
      new Audit(database, clock, config),
      clock,
      config,
      changes,
    );
    const feed = new PresenceFeed(engine, privacy, directory, changes, clock, config);
    const typing = new TypingService(engine, directory, privacy, connections, limits, clock);
    const typingFeed = new TypingFeed(engine, directory, privacy, changes);
    const drains = new Drains(clock);
    await new PresenceReaper(engine, repository, holds, feed, clock, config, drains).onApplicationBootstrap();
    return new House(engine, kernel, presence, holds, feed, privacy, typing, typingFeed, drains, begunAt);
  }

  /** Stops in good order: what is known reaches Postgres. */
  async stop(): Promise<void> {
    await this.engine.drain();
    await this.drains.run((_name, error) => {
      throw error;
    });
    await this.kill();
  }

  /** Ends as `kill -9` ends it: nothing is given back, nothing is written. */
  async kill(): Promise<void> {
    await this.engine.close();
    await this.kernel.close();
  }
}
