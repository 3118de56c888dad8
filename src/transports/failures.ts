import { Logger } from '@nestjs/common';
import type { Caller } from '../kernel/caller.js';
import { Refusal, type RefusalCode } from '../kernel/errors.js';

/** A failure as the older sockets tell it. */
export interface Failure {
  readonly code: RefusalCode | 'INTERNAL';
  readonly message: string;
}

const logger = new Logger('Sockets');

/** What a client is told of a failed message. Logs what nobody expected. */
export function failureOf(error: unknown, message: string, caller: Caller | null): Failure {
  if (error instanceof Refusal) return { code: error.code, message: error.message };
  logger.error(
    `${message} of ${caller?.userId ?? 'an unknown caller'} failed`,
    error instanceof Error ? error.stack : error,
  );
  return { code: 'INTERNAL', message: 'Internal error' };
}
