import { Logger } from '@nestjs/common';
import { buildSchema, graphqlSync, GraphQLError } from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import { conversationNotFound, Refusal } from '../../kernel/errors.js';
import { explain, tell } from './explain.js';

const schema = buildSchema('type Query { n(first: Int!): Int! }');

/** What graphql-js makes of a resolver that answers or throws. */
function errorOf(
  n: () => unknown,
  source = '{n(first:1)}',
  variableValues: Record<string, unknown> = {},
): GraphQLError {
  const [error] = graphqlSync({ schema, source, rootValue: { n }, variableValues }).errors ?? [];
  if (!error) throw new Error('no error');
  return error;
}

const thrown = (error: unknown) =>
  errorOf(() => {
    throw error;
  });
const wrapped = (error: Error) => new GraphQLError(error.message, { originalError: error });

describe('what a client is told of a failure', () => {
  it('is the refusal, where it happened, and when to come back', () => {
    expect(explain(thrown(new Refusal('RATE_LIMITED', 'Too many', 1200)))).toEqual({
      message: 'Too many',
      locations: [{ line: 1, column: 2 }],
      path: ['n'],
      extensions: { code: 'RATE_LIMITED', retryAfterMs: 1200 },
    });
    expect(explain(wrapped(conversationNotFound()))).toEqual({
      message: 'No such conversation',
      extensions: { code: 'CONVERSATION_NOT_FOUND' },
    });
  });

  it('does not depend on how often libraries have wrapped it', () => {
    const error = thrown(conversationNotFound());
    expect(explain(wrapped(wrapped(error)))).toEqual(explain(error));
  });

  it('is nothing but that something failed, where nobody expected it', () => {
    const secret = new Error('connect ECONNREFUSED postgres://user:password@10.0.0.1');
    for (const error of [
      thrown(secret),
      wrapped(secret),
      secret,
      'a text',
      new GraphQLError('no place and no code'),
      errorOf(() => null),
      errorOf(() => 'a'),
    ]) {
      const told = explain(error);
      expect([told.message, told.extensions]).toEqual(['Internal error', { code: 'INTERNAL' }]);
    }
  });

  it('is what was wrong with the question', () => {
    expect(explain(errorOf(() => 1, 'query($x:Int!){n(first:$x)}', { x: 'a' })).extensions).toEqual({
      code: 'BAD_USER_INPUT',
    });
    expect(explain(wrapped(errorOf(() => 1, 'query($x:Int!){n(first:$x)}'))).extensions).toEqual({
      code: 'BAD_USER_INPUT',
    });
    const parse = new GraphQLError('Syntax Error', {
      extensions: { code: 'GRAPHQL_PARSE_FAILED', stacktrace: ['secret'], http: { status: 400 } },
    });
    expect(explain(parse)).toEqual({ message: 'Syntax Error', extensions: { code: 'GRAPHQL_PARSE_FAILED' } });
  });

  it('is in the log with all that is known only where nobody expected it', () => {
    const log = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    tell(thrown(conversationNotFound()), 'Q', { userId: 'ann' });
    tell(
      errorOf(() => 1, 'query($x:Int!){n(first:$x)}'),
      'Q',
      { userId: 'ann' },
    );
    expect(log).not.toHaveBeenCalled();
    tell(thrown(new Error('the reason')), 'Q', { userId: 'ann' });
    expect(log.mock.calls[0]?.join(' ')).toMatch(/Q of ann failed.*the reason/);
    log.mockRestore();
  });
});
