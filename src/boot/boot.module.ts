import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';

import type { Config } from '../kernel/config/config.js';
import { RestErrors } from '../transports/rest/rest.errors.js';
import { DevController } from './dev.controller.js';

/** What belongs to no part: the form of failures over HTTP, and outside production what makes trying out easy. */
@Module({})
export class BootModule {
  static with(config: Config): DynamicModule {
    return {
      module: BootModule,
      controllers: config.production ? [] : [DevController],
      providers: [{ provide: APP_FILTER, useClass: RestErrors }],
    };
  }
}
