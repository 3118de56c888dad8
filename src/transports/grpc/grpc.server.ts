import { setTimeout as wait } from 'node:timers/promises';

import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { Injectable } from '@nestjs/common';
import { HealthImplementation } from 'grpc-health-check';

import { Clock } from '../../kernel/clock.js';
import { Config } from '../../kernel/config/config.js';
import { Drains, SOCKETS_ORDER } from '../../kernel/drains.js';
import { Addresses } from '../addresses.js';
import { GrpcCalls } from './grpc.calls.js';
import { completeFailures } from './grpc.errors.js';
import { definition, SERVICE, service } from './grpc.messages.js';
import { Peers } from './grpc.peers.js';
import type { SubscribeCall } from './grpc.stream.js';
import { GrpcSubscriptions } from './grpc.subscriptions.js';

const OPTIONS = {
  interceptors: [completeFailures],
  'grpc.max_receive_message_length': 256 * 1024,
  'grpc.max_concurrent_streams': 1000,
  // Sessions look for signs of life twice as rarely, so that each look finds the answer to one of these.
  'grpc.keepalive_time_ms': 5000,
  // Of connections without a stream; those with one are cut by their session, which knows when we were asleep.
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.max_connection_idle_ms': 300_000,
};
/** Within the deadline that all sockets have together. */
const LEAVE_MS = 25_000;
const CLOSE_MS = 1000;
const STEP_MS = 20;

/** users.status.UserStatusService on a port of its own, with the standard health service. */
@Injectable()
export class GrpcServer {
  private readonly library = new Server(OPTIONS);
  private readonly health = new HealthImplementation({ '': 'SERVING', [SERVICE]: 'SERVING' });
  private readonly peers: Peers;

  constructor(
    calls: GrpcCalls,
    private readonly subscriptions: GrpcSubscriptions,
    private readonly config: Config,
    private readonly drains: Drains,
    clock: Clock,
    addresses: Addresses,
  ) {
    const injector = this.library.createConnectionInjector(ServerCredentials.createInsecure());
    const max = config.maxConnectionsPerAddress;
    this.peers = new Peers(addresses, drains, clock, max, (socket) => injector.injectConnection(socket));
    this.furnish(this.library, calls);
  }

  /** Serves from now on, until the instance drains. Nothing where GRPC_PORT is 0. */
  async listen(): Promise<void> {
    const { grpcPort, host } = this.config;
    if (grpcPort === 0) return;
    try {
      await this.peers.open(grpcPort, host);
    } catch (error) {
      throw new Error(`GRPC_PORT ${grpcPort} cannot be taken: ${error instanceof Error ? error.message : 'unknown'}`);
    }
    this.drains.register('grpc', SOCKETS_ORDER, () => this.drain());
  }

  private furnish(library: Server, calls: GrpcCalls): void {
    const SubscribeStatusUpdates = (call: SubscribeCall) =>
      this.subscriptions.take(call, this.peers.of(call.getPeer()));
    const handlers = { ...calls.handlers, SubscribeStatusUpdates };
    library.addService(service, handlers);
    this.health.addToServer(library);
    if (!this.config.production) new ReflectionService(definition).addToServer(library);
  }

  /** The sessions end the streams; what is left after them is cut. */
  private async drain(): Promise<void> {
    this.health.setStatus('', 'NOT_SERVING');
    this.health.setStatus(SERVICE, 'NOT_SERVING');
    this.peers.close();
    for (let waited = 0; waited < LEAVE_MS && this.subscriptions.size > 0; waited += STEP_MS) await wait(STEP_MS);
    // It calls back before the last answers are sent; the connections close when they are.
    this.library.tryShutdown(() => {});
    for (let waited = 0; waited < CLOSE_MS && this.peers.size > 0; waited += STEP_MS) await wait(STEP_MS);
    this.library.forceShutdown();
    this.peers.cut();
  }
}
