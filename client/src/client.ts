import type { ApolloClient } from '@apollo/client';

import { Activity } from './activity.js';
import { Connection, type ConnectionState } from './connection.js';
import { Myself } from './myself.js';
import { addressesOf, type LamplightOptions } from './options.js';
import { Roster } from './presence.roster.js';
import { PresenceWatches } from './presence.watches.js';
import { Pulse } from './pulse.js';
import { Shelf } from './shelf.js';
import type { Store } from './store.js';
import { ConversationTyping } from './typing.js';
import { Wire } from './wire.js';

const IDLE_AFTER_MS = 5 * 60_000;

/** Connects at once. One for each signed-in person; `dispose` when they sign out. */
export function createLamplightClient(options: LamplightOptions): LamplightClient {
  return new LamplightClient(options);
}

/** Everything a page needs of Lamplight for one person, without a framework. */
export class LamplightClient {
  readonly presences: PresenceWatches;
  readonly contacts: Roster;
  readonly myself: Myself;
  private readonly connection: Connection;
  private readonly wire: Wire;
  private readonly activity: Activity;
  private readonly pulse: Pulse;
  private readonly rosters: Shelf<Roster>;
  private readonly typings: Shelf<ConversationTyping>;

  constructor(options: LamplightOptions) {
    const { url, token, webSocket, deviceId, platform = 'WEB', presence = true } = options;
    this.activity = new Activity(options.idleAfterMs ?? IDLE_AFTER_MS);
    this.connection = new Connection({
      url: addressesOf(url).socket,
      token,
      webSocket,
      hello: () => ({
        platform,
        deviceId,
        active: this.activity.active.get(),
        presence: presence && !this.pulse.away.get(),
      }),
    });
    this.wire = new Wire(this.connection, options);
    this.presences = new PresenceWatches(this.wire);
    this.contacts = new Roster(this.wire, null);
    this.myself = new Myself(this.wire);
    this.rosters = new Shelf((conversationId) => new Roster(this.wire, conversationId));
    this.typings = new Shelf((conversationId) => new ConversationTyping(this.wire, conversationId));
    this.pulse = new Pulse(this.wire, this.activity);
    this.connection.connect();
  }

  /** For queries of your own; what subscriptions bring is in its cache. */
  get apollo(): ApolloClient {
    return this.wire.apollo;
  }

  get connectionState(): Pick<Store<ConnectionState>, 'get' | 'subscribe'> {
    return this.connection.state;
  }

  /** True between `goOffline` and `comeBack`. */
  get awayState(): Pick<Store<boolean>, 'get' | 'subscribe'> {
    return this.pulse.away;
  }

  /** Who is in the conversation, with their presence. */
  members(conversationId: string): Roster {
    return this.rosters.get(conversationId);
  }

  typing(conversationId: string): ConversationTyping {
    return this.typings.get(conversationId);
  }

  /** Shown as offline on every device, though still watching, until `comeBack`. */
  async goOffline(): Promise<void> {
    this.pulse.away.set(true);
    try {
      await this.myself.goOffline();
    } catch (error) {
      this.pulse.away.set(false);
      throw error;
    }
  }

  comeBack(): void {
    this.pulse.away.set(false);
    // A connection opened meanwhile was opened as a mere watcher.
    this.connection.disconnect();
    this.connection.connect();
  }

  /** Tries to connect now instead of waiting for the next turn, or anew after it was refused or ended. */
  connect(): void {
    this.connection.connect();
    this.connection.retryNow();
  }

  /** Leaves cleanly and stays away until `connect`. */
  disconnect(): void {
    this.connection.disconnect();
  }

  dispose(): void {
    this.pulse.dispose();
    this.activity.dispose();
    this.myself.dispose();
    this.presences.dispose();
    for (const part of [this.contacts, ...this.rosters.all(), ...this.typings.all()]) part.stop();
    this.connection.dispose();
    this.wire.dispose();
  }
}
