import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';

import { Audit } from './audit/audit.service.js';
import { AuthService } from './auth/auth.service.js';
import { CallerGuard } from './auth/caller.guard.js';
import { ServiceGuard } from './auth/service.guard.js';
import { Changes } from './changes/changes.service.js';
import { Clock, SystemClock } from './clock.js';
import { Config } from './config/config.js';
import { Connections } from './connections.js';
import { DirectoryImport } from './directory/directory.import.js';
import { Directory } from './directory/directory.service.js';
import { Limits } from './limits/limits.service.js';

/** What every feature may lean on. Needs the database module beside it. */
@Module({})
export class KernelModule {
  static with(config: Config): DynamicModule {
    return {
      module: KernelModule,
      global: true,
      providers: [
        { provide: Config, useValue: config },
        { provide: Clock, useClass: SystemClock },
        { provide: APP_GUARD, useClass: CallerGuard },
        Changes,
        Connections,
        Directory,
        DirectoryImport,
        Limits,
        Audit,
        AuthService,
        ServiceGuard,
      ],
      exports: [
        Config,
        Clock,
        Changes,
        Connections,
        Directory,
        DirectoryImport,
        Limits,
        Audit,
        AuthService,
        ServiceGuard,
      ],
    };
  }
}
