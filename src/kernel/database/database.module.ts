import { Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';

import { measure } from '../metrics/measure.js';
import { serviceOptions } from './database.options.js';
import type { Schema } from './database.options.js';

/** The connection pool. Injectable as TypeORM's `DataSource`; it reconnects by itself when Postgres has been away. */
@Module({})
export class DatabaseModule implements OnApplicationBootstrap, OnApplicationShutdown {
  private stop: () => void = () => {};

  constructor(private readonly database: DataSource) {}

  onApplicationBootstrap(): void {
    const { master } = this.database.driver as unknown as { readonly master: Pool };
    this.stop = measure.gauge('postgresConnections', () => ({
      busy: master.totalCount - master.idleCount,
      idle: master.idleCount,
      waiting: master.waitingCount,
    }));
  }

  onApplicationShutdown(): void {
    this.stop();
  }

  static at(url: string, schema: Schema): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [TypeOrmModule.forRoot({ ...serviceOptions(url, schema), retryAttempts: 3, retryDelay: 1_000 })],
    };
  }
}
