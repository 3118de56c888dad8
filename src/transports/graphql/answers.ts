import { Injectable } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { getOperationAST, OperationTypeNode, type DocumentNode } from 'graphql';
import type { Fields } from '../commands.js';
import type { GraphqlContext } from './apollo.options.js';
import { Executor } from './executor.js';
import { JSON_TYPE, RESPONSE_TYPE } from './media.js';

/** A query or a mutation of which nothing has to be weighed. */
export interface Plain {
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly variables: Fields | null;
  /** What the answer is called. */
  readonly type: string;
}

/** What an answer to `accept` is called; with any other, somebody has to weigh what is wanted most. */
const TYPES: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, JSON_TYPE],
  ['*/*', JSON_TYPE],
  ['application/json', JSON_TYPE],
  ['application/json, text/plain, */*', JSON_TYPE],
  ['application/graphql-response+json', RESPONSE_TYPE],
  ['application/graphql-response+json,application/json;q=0.9', RESPONSE_TYPE],
]);

/** Null for all that is out of the ordinary. The document is safe to execute, and the `query` of the body. */
export function plainOf(accept: string | undefined, body: Fields, document: DocumentNode): Plain | null {
  const type = TYPES.get(accept);
  const { operationName = null, variables = null, extensions } = body;
  if (type === undefined || extensions !== undefined) return null;
  if (operationName !== null && typeof operationName !== 'string') return null;
  if (typeof variables !== 'object' || Array.isArray(variables)) return null;
  const operation = getOperationAST(document, operationName)?.operation;
  if (operation !== OperationTypeNode.QUERY && operation !== OperationTypeNode.MUTATION) return null;
  return { document, operationName, variables: variables as Fields | null, type };
}

/**
 * Executes plain operations, as Apollo would and with the same answer, at a fraction of the cost. Everything that is
 * out of the ordinary is left to Apollo, and so is everything that is refused before a resolver has run.
 */
@Injectable()
export class Answers {
  constructor(
    private readonly host: GraphQLSchemaHost,
    private readonly executor: Executor,
  ) {}

  /** The body of the answer; null: nothing was done. */
  async give({ document, operationName, variables }: Plain, contextValue: GraphqlContext): Promise<string | null> {
    const { schema } = this.host;
    const args = { schema, document, operationName, variableValues: variables, contextValue };
    const { text, executed } = await this.executor.answer(args);
    return executed ? `${text}\n` : null;
  }
}
