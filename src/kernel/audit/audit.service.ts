import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { type Cancel, Clock } from '../clock.js';
import { Config } from '../config/config.js';
import { reachable } from '../database/database.js';
import { Refusal } from '../errors.js';
import { type AuditEntry, note } from './audit.log.js';

const PRUNE_EVERY_MS = 3_600_000;
/** Instances that start together do not all begin with it. */
const FIRST_PRUNE_MS = 60_000;
/** Rows a statement; keeps each far below its timeout. */
const BATCH = 2000;
const BATCHES_A_ROUND = 500;

/** The record of what people and back ends chose: what belongs to no transaction, and its end after the retention. */
@Injectable()
export class Audit implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Audit.name);
  private cancel: Cancel = () => {};

  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    this.pruneAfter(FIRST_PRUNE_MS);
  }

  onApplicationShutdown(): void {
    this.cancel();
  }

  /** For what happened outside Postgres. Where it cannot be kept, the log has it: what is done stays done. */
  async record(entry: AuditEntry): Promise<void> {
    try {
      await reachable(() => note(this.database.manager, entry));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.logger.warn(`Not in the audit table: ${JSON.stringify(entry)}`);
    }
  }

  /** Drops what is older than the retention. */
  async prune(): Promise<void> {
    for (let batch = 0; batch < BATCHES_A_ROUND; batch += 1) {
      const [, dropped] = await reachable(() =>
        this.database.query<[unknown[], number]>(
          `DELETE FROM audit WHERE id IN
             (SELECT id FROM audit WHERE at < now() - $1::int * interval '1 day' ORDER BY at LIMIT $2)`,
          [this.config.auditRetentionDays, BATCH],
        ),
      );
      if (dropped < BATCH) return;
    }
  }

  private pruneAfter(ms: number): void {
    this.cancel = this.clock.after(ms * (0.5 + Math.random()), () => {
      this.prune()
        .catch((error: unknown) => {
          // Postgres is away, which is known by then; the next round drops it.
          if (!(error instanceof Refusal)) this.logger.error(error);
        })
        .finally(() => this.pruneAfter(PRUNE_EVERY_MS));
    });
  }
}
