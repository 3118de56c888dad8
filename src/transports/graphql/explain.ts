import { Logger } from '@nestjs/common';
import { type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Caller } from '../../kernel/caller.js';
import { Refusal } from '../../kernel/errors.js';
import { measure } from '../../kernel/metrics/measure.js';
import type { GraphqlContext } from './apollo.options.js';

/** Codes of GraphQL's own failures, all of them the client's to mend. */
const OWN_CODES: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/** An error as clients see it, over HTTP and over a socket alike. */
export function explain(error: unknown): GraphQLFormattedError {
  const { layers, cause } = unwrap(error);
  const place = layers.find((layer) => layer.path) ?? layers.find((layer) => layer.locations) ?? layers[0];
  const { locations, path } = place ?? {};
  const at = { ...(locations && { locations }), ...(path && { path }) };
  if (cause instanceof Refusal) {
    const { code, message, retryAfterMs } = cause;
    measure.refused(code);
    return { message, ...at, extensions: { code, ...(retryAfterMs !== undefined && { retryAfterMs }) } };
  }
  const code = ownCode(layers, cause);
  measure.refused(code ?? 'INTERNAL');
  // Nothing of an unexpected error is shown; the log has it.
  if (!place || !code) return { message: 'Internal error', ...at, extensions: { code: 'INTERNAL' } };
  return { message: place.message, ...at, extensions: { code } };
}

const logger = new Logger('GraphQL');

/** Logs an error that nobody expected; called once for each, where it was caught. */
export function tell(error: unknown, operationName: string | null | undefined, caller: Partial<Caller>): void {
  const { layers, cause } = unwrap(error);
  if (cause instanceof Refusal || ownCode(layers, cause)) return;
  const reason = cause ?? error;
  const stack = reason instanceof Error ? reason.stack : String(reason);
  const over = caller.connectionId === undefined ? '' : ` over connection ${caller.connectionId}`;
  logger.error(
    `${operationName ?? 'An unnamed operation'} of ${caller.userId ?? 'an unknown caller'}${over} failed`,
    stack,
  );
}

/** What clients see of the errors of one operation; those that nobody expected are logged. */
export function explainAll(
  errors: readonly unknown[],
  operationName: string | null | undefined,
  caller: Partial<Caller>,
): GraphQLFormattedError[] {
  return errors.map((error) => {
    tell(error, operationName, caller);
    return explain(error);
  });
}

/** To a query or a mutation. */
export interface Answer {
  /** What a client is told, as JSON, errors in our words. */
  readonly text: string;
  /** False: the request itself is at fault, and no resolver has run. */
  readonly executed: boolean;
}

export function answerOf(args: ExecutionArgs, result: ExecutionResult): Answer {
  return { text: JSON.stringify(explained(args, result)), executed: 'data' in result };
}

function explained({ operationName, contextValue }: ExecutionArgs, { errors, ...rest }: ExecutionResult): object {
  if (!errors) return rest;
  const { caller } = contextValue as GraphqlContext;
  return { errors: explainAll(errors, operationName, caller ?? {}), ...rest };
}

/** Libraries wrap errors in errors: GraphQL's own layers, outermost first, and what they wrap, if anything. */
function unwrap(error: unknown): { layers: readonly GraphQLError[]; cause: unknown } {
  const layers: GraphQLError[] = [];
  let cause = error;
  while (cause instanceof GraphQLError) {
    layers.push(cause);
    cause = cause.originalError;
  }
  return { layers, cause };
}

function ownCode(layers: readonly GraphQLError[], cause: unknown): string | null {
  if (cause !== undefined) return null;
  const code = layers.map((layer) => layer.extensions['code']).find((one) => OWN_CODES.has(one));
  if (typeof code === 'string') return code;
  // Arguments that do not fit point to their place in the document, and variables are looked at before any field is;
  // a value that no answer can be made of is found in a field and points nowhere.
  const early = layers.every((layer) => !layer.path) && layers.some((layer) => layer.nodes?.length);
  return early || layers.at(-1)?.nodes?.length ? 'BAD_USER_INPUT' : null;
}
