import { Directory } from '../../src/kernel/directory/directory.service.js';
import type { Environment } from '../../src/kernel/config/config.js';
import type { Calls, Device, Driver, Opening, Place, TypingView, View } from '../drivers/driver.js';
import { graphql } from '../drivers/graphql.driver.js';
import type { Recording } from '../drivers/recording.js';
import { TestApp } from './app.js';
import { startPostgres, type TestDatabase } from './postgres.js';
import { freePort, PrivateRedis } from './redis.js';

/** Every scenario is told on each of them. On two instances, people live on them in turn. */
export const STAGES = ['in memory', 'over Redis', 'over Redis on two instances'] as const;
export type StageKind = (typeof STAGES)[number];

/** Graces that are short, yet long enough to tell them apart on a busy machine; a lease of 3 s; no idling by itself. */
export const BRISK = {
  LEAVE_GRACE_MS: '800',
  OFFLINE_GRACE_MS: '2500',
  HEARTBEAT_SECONDS: '1',
  TYPING_TTL_MS: '2000',
  TYPING_MIN_INTERVAL_MS: '400',
  LAST_SEEN_FLUSH_MS: '200',
  RATE_LIMITS: 'off',
} as const;

/** What the contract promises, milliseconds beyond the setting it belongs to. */
export const PROMISED = {
  online: 1000,
  goOffline: 2000,
  clean: 2000,
  abrupt: 3000,
  lease: 3000,
  privacy: 1000,
  cleared: 2000,
  deleted: 2000,
  typing: 1000,
} as const;

/** One or two running instances and the people who use them. Ids are new in each test, so that tests run side by side. */
export class Stage {
  private constructor(
    readonly places: readonly TestApp[],
    private readonly redis: PrivateRedis | null,
    private readonly database: TestDatabase | null,
    private readonly driver: Driver,
    private readonly names = { count: 0 },
  ) {}

  static async start(kind: StageKind, env: Environment = {}, driver: Driver = graphql): Promise<Stage> {
    const settings = async () => ({ ...BRISK, GRPC_PORT: String(await freePort()), ...env });
    if (kind === 'in memory') return new Stage([await TestApp.start(await settings())], null, null, driver);
    const [redis, database] = await Promise.all([PrivateRedis.start(), startPostgres()]);
    const shared = { REDIS_URL: redis.url, DATABASE_URL: database.url };
    const places: TestApp[] = [];
    const stage = new Stage(places, redis, database, driver);
    try {
      places.push(await TestApp.start({ ...(await settings()), ...shared }));
      if (kind === 'over Redis on two instances')
        places.push(await TestApp.start({ ...(await settings()), ...shared }));
    } catch (error) {
      // Nobody else would.
      await stage.stop();
      throw error;
    }
    return stage;
  }

  /** The same instances, for people whose connections are of another wire. */
  over(driver: Driver): Stage {
    return new Stage(this.places, this.redis, this.database, driver, this.names);
  }

  /** People who all have each other as contacts, called by these names with a number after them. */
  async friends<N extends readonly string[]>(...names: N): Promise<{ [K in keyof N]: Person }> {
    const people = await this.strangers(...names);
    const list = people as readonly Person[];
    for (const owner of list) for (const other of list) if (owner !== other) await this.acquaint(owner, other);
    return people;
  }

  /** People who do not know each other. */
  async strangers<N extends readonly string[]>(...names: N): Promise<{ [K in keyof N]: Person }> {
    const number = (this.names.count += 1);
    const people: Person[] = [];
    for (const [i, name] of names.entries()) people.push(await this.joins(`${name}-${number}`, i));
    return people as { [K in keyof N]: Person };
  }

  /** Somebody of exactly this id, who lives on the nth instance. */
  async joins(id: string, place = 0): Promise<Person> {
    await this.directory.putUser({
      id,
      username: id.slice(0, 64),
      displayName: `The ${id}`.slice(0, 128),
      avatarUrl: null,
    });
    return new Person(id, this.place(place), this.place(place + 1), this.driver);
  }

  /** `owner` has `other` as a contact from now on. */
  async acquaint(owner: Person, other: Person): Promise<void> {
    await this.directory.putContact(owner.id, other.id);
  }

  /** A new conversation of these people. */
  async room(...people: readonly Person[]): Promise<string> {
    const id = `room-${(this.names.count += 1)}`;
    for (const person of people) await this.directory.putMember(id, person.id);
    return id;
  }

  get directory(): Directory {
    return this.place(0).nest.get(Directory);
  }

  place(index: number): TestApp {
    const place = this.places[index % this.places.length];
    if (!place) throw new Error('A stage has at least one place');
    return place;
  }

  async stop(): Promise<void> {
    await Promise.all(this.places.map((place) => place.stop()));
    await this.redis?.stop();
    await this.database?.drop();
  }
}

export class Person {
  private readonly devices: Device[] = [];

  constructor(
    readonly id: string,
    private readonly home: Place,
    private readonly elsewhere: Place,
    private readonly driver: Driver,
  ) {}

  /** Calls without a connection, by the only wire that has all of them. */
  get http(): Calls {
    return graphql.calls(this.home, this.id);
  }

  /**
   * Watches somebody over a connection that does not count, and has been told how they are now; Socket.IO tells nothing
   * of who is not there.
   */
  async watches(subject: Person): Promise<Recording<View>> {
    const device = await this.looksOn();
    const seen = device.watch({ userIds: [subject.id], snapshot: true });
    if (this.driver.name !== 'socketio' || (await this.http.see(subject.id)).isOnline) await seen.next(2000);
    return seen;
  }

  /** A live connection to the instance that the person lives on. */
  async opens(opening: Opening = {}): Promise<Device> {
    const device = await this.driver.connect(this.home, this.id, opening);
    this.devices.push(device);
    return device;
  }

  /** The same to the other instance, where there is one. */
  async opensElsewhere(opening: Opening = {}): Promise<Device> {
    const device = await this.driver.connect(this.elsewhere, this.id, opening);
    this.devices.push(device);
    return device;
  }

  /** A connection that only watches. */
  looksOn(): Promise<Device> {
    return this.opens({ presence: false });
  }
}

/**
 * A typing subscription that is known to be live: `probe`, a member whom the viewer may see, types until it is heard.
 * What the probe caused is read away.
 */
export async function listensTo(
  device: Device,
  conversationId: string | null,
  probe: { readonly person: Person; readonly conversationId: string },
): Promise<Recording<TypingView>> {
  const recording = device.watchTyping(conversationId);
  const calls = probe.person.http;
  for (let heard = false, tries = 0; !heard; tries += 1) {
    await calls.startTyping(probe.conversationId);
    heard = await recording
      .until((view) => view.isTyping, 300)
      .then(
        () => true,
        (error: unknown) => {
          if (tries > 20) throw error;
          return false;
        },
      );
    await calls.stopTyping(probe.conversationId);
  }
  await recording.until((view) => !view.isTyping, PROMISED.typing);
  return recording;
}
