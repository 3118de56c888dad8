import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';

import { BootModule } from './boot/boot.module.js';
import { EngineModule } from './engine/engine.module.js';
import type { Config } from './kernel/config/config.js';
import { DatabaseModule } from './kernel/database/database.module.js';
import type { Schema } from './kernel/database/database.options.js';
import { HealthModule } from './kernel/health/health.module.js';
import { KernelModule } from './kernel/kernel.module.js';
import { PresenceModule } from './presence/presence.module.js';
import { PrivacyModule } from './privacy/privacy.module.js';
import { GraphqlModule } from './transports/graphql/graphql.module.js';
import { OperationsModule } from './transports/operations/operations.module.js';
import { GrpcModule } from './transports/grpc/grpc.module.js';
import { RestModule } from './transports/rest/rest.module.js';
import { IoModule } from './transports/socketio/socketio.module.js';
import { PlainSocketModule } from './transports/ws/ws.module.js';
import { TypingModule } from './typing/typing.module.js';

/** The table of contents. */
@Module({})
export class AppModule {
  static with(config: Config, databaseUrl: string, schema: Schema): DynamicModule {
    return {
      module: AppModule,
      imports: [
        // What every part leans on.
        DatabaseModule.at(databaseUrl, schema),
        KernelModule.with(config),
        HealthModule,
        EngineModule,
        // What it is about.
        PrivacyModule,
        PresenceModule,
        TypingModule,
        // How it is reached.
        GraphqlModule,
        RestModule,
        OperationsModule,
        GrpcModule,
        PlainSocketModule,
        IoModule,
        BootModule.with(config),
      ],
    };
  }
}
