import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';

import type { Config } from '../config/config.js';
import { pinoParams } from './pino.js';

/** In production every line that is logged while a request is answered carries the request's id. */
@Module({})
export class LoggingModule {
  static with(config: Config): DynamicModule {
    return {
      module: LoggingModule,
      imports: config.production ? [LoggerModule.forRoot(pinoParams(config.instanceId))] : [],
    };
  }
}
