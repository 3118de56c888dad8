import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

import { serviceOptions } from './database.options.js';
import type { Schema } from './database.options.js';

/** The connection pool. Injectable as TypeORM's `DataSource`; it reconnects by itself when Postgres has been away. */
@Module({})
export class DatabaseModule {
  static at(url: string, schema: Schema): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [TypeOrmModule.forRoot({ ...serviceOptions(url, schema), retryAttempts: 3, retryDelay: 1_000 })],
    };
  }
}
