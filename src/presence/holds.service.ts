import { Injectable } from '@nestjs/common';

import { type Custom, type Departure, Engine, type Holder, type HoldRequest, type Truth } from '../engine/engine.js';
import type { Caller } from '../kernel/caller.js';
import { Changes } from '../kernel/changes/changes.service.js';
import { Config } from '../kernel/config/config.js';
import { Connections } from '../kernel/connections.js';
import { Refusal, unavailable } from '../kernel/errors.js';
import { Multimap } from '../kernel/multimap.js';
import { Customs } from './presence.customs.js';
import { checkPlatform } from './presence.input.js';
import type { Opening } from './presence.types.js';

/** A live connection of this instance that may count. */
export interface Socket {
  readonly userId: string;
  holder: Holder;
  /** Said by the client last; what a repeated registration says again. */
  active: boolean;
  /** The engine could not take it yet: the reaper tries again. */
  waiting: boolean;
}

/** What makes people online: the connections that this instance carries, and every hold on its way to the engine. */
@Injectable()
export class Holds {
  private readonly sockets = new Map<string, Socket>();
  private readonly socketsOf = new Multimap<string, string>();
  /** Users with sockets here whose changed custom status has not reached the engine. */
  private readonly changedCustoms = new Set<string>();

  constructor(
    private readonly engine: Engine,
    private readonly customs: Customs,
    private readonly connections: Connections,
    private readonly config: Config,
    changes: Changes,
  ) {
    connections.onActed((caller) => void this.acted(caller));
    changes.on((change) => {
      if (change.kind === 'custom' && this.socketsOf.has(change.userId)) this.changedCustoms.add(change.userId);
    });
  }

  /**
   * A live connection that counts has opened. Refuses RATE_LIMITED when the user has as many as may be, over all
   * instances; never for a store that is away: it is made good later.
   */
  async connected(caller: Caller, opening: Opening): Promise<void> {
    const socket: Socket = {
      userId: caller.userId,
      holder: {
        kind: 'socket',
        id: opening.connectionId,
        deviceId: opening.deviceId,
        platform: checkPlatform(opening.platform),
      },
      active: opening.active,
      waiting: false,
    };
    this.sockets.set(opening.connectionId, socket);
    this.socketsOf.add(caller.userId, opening.connectionId);
    try {
      await this.register(socket, { socketsMax: this.config.maxConnectionsPerUser });
    } catch (error) {
      this.drop(caller.userId, opening.connectionId);
      throw error;
    }
  }

  /** A connection has ended: its hold and what it was typing. Unknown ones are no error. */
  async disconnected(
    caller: Caller,
    connectionId: string,
    departure: Exclude<Departure, 'now'>,
    silentMs: number,
  ): Promise<void> {
    this.connections.closed(connectionId, caller.userId);
    if (!this.drop(caller.userId, connectionId)) return;
    try {
      const typing = await this.engine.presence.release({
        userId: caller.userId,
        kind: 'socket',
        id: connectionId,
        departure,
        silentMs,
      });
      await this.stopTyping(caller.userId, typing);
    } catch (error) {
      // The engine has noted it and repeats it until the store has it.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  /** The caller's connection, where the call came over one that may count. */
  socketOf(caller: Caller): Socket | undefined {
    return caller.connectionId === undefined ? undefined : this.sockets.get(caller.connectionId);
  }

  /** How many of a user's connections that may count are this instance's. */
  socketsHere(userId: string): number {
    return this.socketsOf.count(userId);
  }

  /** One round trip to the engine. Refuses SERVICE_UNAVAILABLE, and RATE_LIMITED for a new socket beyond the limit. */
  async hold(
    holder: Holder,
    userId: string,
    activity: HoldRequest['activity'],
    attach: boolean,
    limit: Pick<HoldRequest, 'socketsMax'> = {},
  ): Promise<Truth> {
    const custom = this.customs.sure(userId) ?? (await this.customs.of(userId));
    const { socketsMax } = limit;
    const truth = await this.engine.presence.hold({ userId, holder, activity, attach, custom, socketsMax });
    // Neither the engine nor Postgres can tell how this user wants to be shown; shown wrongly would be worse.
    if (!truth) throw unavailable();
    return truth;
  }

  /** Drops what holds a user, or what of it has this device id, with no grace. Null: nothing is known of them. */
  async leave(userId: string, deviceId: string | null): Promise<Truth | null> {
    const { truth, typing } = await this.engine.presence.leave(userId, deviceId);
    await this.stopTyping(userId, typing);
    return truth;
  }

  /** What the caller has chosen and that they are active, in one step: nobody sees the one without the other. */
  async choose(caller: Caller, custom: Custom): Promise<Truth | null> {
    const { presence } = this.engine;
    const { userId } = caller;
    const socket = this.socketOf(caller);
    if (socket) socket.active = true;
    const truth = await (socket
      ? presence.hold({ userId, holder: socket.holder, activity: 'active', attach: false, custom })
      : presence.setCustom(userId, custom, true));
    this.changedCustoms.delete(userId);
    return truth;
  }

  /** Tells the engine again what it could not take when it happened. Called by the reaper. */
  async makeGood(): Promise<void> {
    for (const socket of this.sockets.values()) {
      if (socket.waiting) await this.register(socket);
    }
    for (const userId of this.changedCustoms) {
      const custom = await this.customs.of(userId);
      if (!custom) return;
      await this.engine.presence.setCustom(userId, custom, false);
      this.changedCustoms.delete(userId);
    }
  }

  private async register(socket: Socket, limit: Pick<HoldRequest, 'socketsMax'> = {}): Promise<void> {
    socket.waiting = true;
    try {
      await this.hold(socket.holder, socket.userId, socket.active ? 'active' : 'idle', true, limit);
      socket.waiting = false;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code === 'RATE_LIMITED') throw error;
    }
  }

  /** False: it was not here. */
  private drop(userId: string, connectionId: string): boolean {
    if (!this.sockets.delete(connectionId)) return false;
    this.socketsOf.delete(userId, connectionId);
    if (!this.socketsOf.has(userId)) this.changedCustoms.delete(userId);
    return true;
  }

  /** Activity other than a heartbeat, noted beside what the caller asked for: it never fails that. */
  private async acted(caller: Caller): Promise<void> {
    const socket = this.socketOf(caller);
    try {
      if (!socket) return await this.engine.presence.touch(caller.userId);
      socket.active = true;
      await this.hold(socket.holder, caller.userId, 'active', false);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  private async stopTyping(userId: string, conversationIds: readonly string[]): Promise<void> {
    await Promise.all(conversationIds.map((id) => this.engine.typing.stop(id, userId, null)));
  }
}
