import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { Logger } from '@nestjs/common';
import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';

import { AppModule } from '../app.module.js';
import { Engine } from '../engine/engine.js';
import { Changes } from '../kernel/changes/changes.service.js';
import type { Config } from '../kernel/config/config.js';
import { startEmbedded } from '../kernel/database/embedded/embedded.js';
import type { Embedded } from '../kernel/database/embedded/embedded.js';
import { migrate, waitForDatabase } from '../kernel/database/migrate.js';
import { Directory } from '../kernel/directory/directory.service.js';
import { Drains, ENGINE_ORDER } from '../kernel/drains.js';
import { HealthChecks } from '../kernel/health/health.checks.js';
import { Counter } from '../transports/graphql/counter.js';
import { GrpcServer } from '../transports/grpc/grpc.server.js';
import { serveDocs } from '../transports/rest/rest.document.js';
import { BoundedExpressAdapter, furnish } from './http.js';
import { loggerFor } from './logger.js';
import { servePages } from './pages.js';
import { schema } from './schema.js';
import { seed } from './seed.js';

/** How long a load balancer gets to notice that the instance wants no more traffic. */
const NOTICE_MS = 1_000;
const REQUESTS_DEADLINE_MS = 3_000;

/** A whole instance, ready. Tests start one like this as well. */
export class Lamplight {
  private stopping: Promise<void> | null = null;

  private constructor(
    readonly app: NestExpressApplication,
    private readonly config: Config,
    private readonly embedded: Embedded | null,
  ) {}

  /** Starts everything in order; when it resolves the instance is ready. What was started is stopped if it fails. */
  static async start(config: Config, logger: LoggerService = loggerFor(config)): Promise<Lamplight> {
    const embedded = config.databaseUrl === null ? await startEmbedded(config.dataDir) : null;
    try {
      const databaseUrl = config.databaseUrl ?? embedded?.url ?? '';
      const tables = await schema();
      await waitForDatabase(databaseUrl);
      await migrate(databaseUrl, tables);
      const adapter = new BoundedExpressAdapter();
      const app = await NestFactory.create<NestExpressApplication>(
        AppModule.with(config, databaseUrl, tables),
        adapter,
        {
          logger,
          abortOnError: false,
          bodyParser: false,
        },
      );
      const counter = app.get(Counter);
      adapter.counter = (request, response, onward) => counter.take(request, response, onward);
      const lamplight = new Lamplight(app, config, embedded);
      await lamplight.open().catch(async (error: unknown) => {
        await lamplight.stop();
        throw error;
      });
      return lamplight;
    } catch (error) {
      await embedded?.stop();
      throw error;
    }
  }

  /** Where it listens, with a name that works from this machine. */
  get url(): string {
    const { address, port, family } = this.server.address() as AddressInfo;
    const anywhere = address === '0.0.0.0' || address === '::';
    const host = anywhere ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
    return `http://${host}:${port}`;
  }

  /** Leaves in good order: nobody is shown as gone who will be back on another instance. Safe to call again. */
  stop(): Promise<void> {
    this.stopping ??= this.close();
    return this.stopping;
  }

  private get server(): Server {
    return this.app.getHttpServer();
  }

  private async open(): Promise<void> {
    const { app, config } = this;
    const engine = app.get(Engine);
    const drains = app.get(Drains);
    const checks = app.get(HealthChecks);
    furnish(app, config);
    servePages(app, config);
    serveDocs(app, config);

    await engine.start();
    drains.register('engine', ENGINE_ORDER, () => engine.drain());
    await app.get(Changes).connect(engine.bus);
    checks.register('postgres', { essential: false }, async () => Boolean(await app.get(DataSource).query('SELECT 1')));
    if (engine.health().kind === 'redis') checks.register('redis', { essential: true }, () => engine.health().up);
    if (this.embedded && !config.production) await seed(app.get(DataSource), app.get(Directory));
    await app.listen(config.port, config.host);
    await app.get(GrpcServer).listen();
  }

  private async close(): Promise<void> {
    const logger = new Logger('Shutdown');
    const drains = this.app.get(Drains);
    drains.begin();
    if (this.config.production && this.server.listening) await wait(NOTICE_MS);
    await drains.run((name, error) => logger.error(`${name}: ${String(error)}`));
    await this.closeServer();
    await this.app.get(Engine).close();
    await this.app.close();
    await this.embedded?.stop();
  }

  /** Requests under way may finish; then every connection that is left is cut. */
  private async closeServer(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    await within(REQUESTS_DEADLINE_MS, closed);
    this.server.closeAllConnections();
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const timer = new AbortController();
  await Promise.race([work, wait(ms, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
}
