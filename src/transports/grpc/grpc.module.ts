import { Module } from '@nestjs/common';

import { PresenceModule } from '../../presence/presence.module.js';
import { SocketsModule } from '../sockets.module.js';
import { GrpcCalls } from './grpc.calls.js';
import { GrpcServer } from './grpc.server.js';
import { GrpcSubscriptions } from './grpc.subscriptions.js';

/** The gRPC port. Whoever boots the process lets it listen, when everything else is ready. */
@Module({
  imports: [PresenceModule, SocketsModule],
  providers: [GrpcCalls, GrpcSubscriptions, GrpcServer],
})
export class GrpcModule {}
