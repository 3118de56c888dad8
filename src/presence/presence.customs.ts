import { Injectable } from '@nestjs/common';

import { type Custom, Engine } from '../engine/engine.js';
import { Cache } from '../kernel/cache.js';
import { Changes } from '../kernel/changes/changes.service.js';
import { Clock } from '../kernel/clock.js';
import { Directory } from '../kernel/directory/directory.service.js';
import type { User } from '../kernel/directory/directory.types.js';
import { Refusal } from '../kernel/errors.js';
import { PresenceRepository } from './presence.repository.js';
import { toCustom } from './presence.rules.js';
import type { StoredCustom } from './presence.types.js';

const CUSTOMS_MAX = 100_000;
const CUSTOMS_A_QUERY = 1000;

/** What users chose to be shown as, cached. */
@Injectable()
export class Customs {
  private readonly cache: Cache<StoredCustom>;

  constructor(
    private readonly repository: PresenceRepository,
    changes: Changes,
    engine: Engine,
    private readonly directory: Directory,
    private readonly clock: Clock,
  ) {
    engine.presence.loadCustomsWith((userIds) => this.load(userIds));
    directory.readUsersWith((userIds) => this.meet(userIds));
    this.cache = new Cache({
      max: CUSTOMS_MAX,
      batchMax: CUSTOMS_A_QUERY,
      clock,
      load: (userIds) => repository.customsOf(userIds),
      fresh: () => changes.fresh(),
    });
    changes.on((change) => {
      if (change.kind === 'everything') this.cache.clear();
      if (change.kind === 'custom' || change.kind === 'userDeleted') this.cache.drop(change.userId);
    });
  }

  /** As `of`, where nothing has to be asked for; undefined: `of` has to say. */
  sure(userId: string): Custom | undefined {
    const stored = this.cache.sure(userId);
    return stored === undefined ? undefined : toCustom(stored, this.clock.now());
  }

  /** Null: never chosen. Refuses SERVICE_UNAVAILABLE. */
  stored(userId: string): Promise<StoredCustom | null> {
    return this.cache.get(userId);
  }

  /** As the engine wants it; undefined when it cannot be known now. */
  async of(userId: string): Promise<Custom | undefined> {
    try {
      return toCustom(await this.stored(userId), this.clock.now());
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  }

  /** Whoever is looked up has mostly just come, and is held next: one query tells who they are and what they chose. */
  private async meet(userIds: readonly string[]): Promise<ReadonlyMap<string, User>> {
    const moment = this.cache.moment();
    const { users, customs } = await this.repository.usersAndCustomsOf(userIds);
    for (const userId of users.keys()) this.cache.prime(userId, customs.get(userId) ?? null, moment);
    return users;
  }

  /** For sockets that have to be registered anew: of everybody who exists, never chosen included. */
  private async load(userIds: readonly string[]): Promise<Map<string, Custom>> {
    const users = await this.directory.users(userIds);
    // With those who had to be looked up came what they chose.
    const customs = await this.cache.many([...users.keys()]);
    const now = this.clock.now();
    return new Map([...users.keys()].map((userId) => [userId, toCustom(customs.get(userId) ?? null, now)]));
  }
}
