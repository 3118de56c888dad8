import {
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
  type StatusObject,
  status as Code,
} from '@grpc/grpc-js';
import { Logger } from '@nestjs/common';

import type { Caller } from '../../kernel/caller.js';
import { Refusal, REFUSALS } from '../../kernel/errors.js';
import { measure } from '../../kernel/metrics/measure.js';
import { type ErrorResponse, writeError } from './grpc.messages.js';

const TRAILER = 'error-response-bin';
type Given = Parameters<ServerInterceptingCall['sendStatus']>[0];

const logger = new Logger('Grpc');

/** What a client is told of a failed call. Logs what nobody expected. */
export function explain(error: unknown, path: string, caller: Caller | null): StatusObject {
  measure.refused(error instanceof Refusal ? error.code : 'INTERNAL');
  if (error instanceof Refusal) {
    const { grpc, grpcError } = REFUSALS[error.code];
    return failure(grpc, error.message, grpcError, error.retryAfterMs);
  }
  logger.error(
    `${path} of ${caller?.userId ?? 'an unknown caller'} failed`,
    error instanceof Error ? error.stack : error,
  );
  return failure(Code.INTERNAL, 'Internal error');
}

/** A status with the trailer that belongs to it. */
export function failure(
  code: Code,
  details: string,
  error: ErrorResponse['code'] = 'UNKNOWN_ERROR',
  retryAfterMs?: number,
): StatusObject {
  return { code, details, metadata: trailerOf(error, details, retryAfterMs) };
}

/**
 * Adds the trailer to failures that the library finds itself, as a message that is too long. It sends those on the
 * innermost call and past every interceptor, so that the call itself has to be taught.
 */
export const completeFailures: ServerInterceptor = (_method, call) => {
  const send = call.sendStatus.bind(call);
  call.sendStatus = (given: Given) => send(complete(given));
  return new ServerInterceptingCall(call);
};

function complete(given: Given): Given {
  const { code, details, metadata } = given;
  if (code === Code.OK || (metadata?.get(TRAILER).length ?? 0) > 0) return given;
  return { ...given, metadata: trailerOf('UNKNOWN_ERROR', details) };
}

function trailerOf(code: ErrorResponse['code'], message: string, retryAfterMs?: number): Metadata {
  const details: Record<string, string> = retryAfterMs === undefined ? {} : { retryAfterMs: String(retryAfterMs) };
  const metadata = new Metadata();
  metadata.set(TRAILER, writeError({ code, message, details }));
  return metadata;
}
