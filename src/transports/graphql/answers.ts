import { Injectable } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { getOperationAST, OperationTypeNode, type DocumentNode, type ExecutionArgs } from 'graphql';
import type { Request, Response } from 'express';
import type { Fields } from '../commands.js';
import type { GraphqlContext } from './apollo.options.js';
import { Executor } from './executor.js';
import { JSON_TYPE, RESPONSE_TYPE } from './media.js';

/** What an answer to `accept` is called; with any other, somebody has to weigh what is wanted most. */
const TYPES: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, JSON_TYPE],
  ['*/*', JSON_TYPE],
  ['application/json', JSON_TYPE],
  ['application/json, text/plain, */*', JSON_TYPE],
  ['application/graphql-response+json', RESPONSE_TYPE],
  ['application/graphql-response+json,application/json;q=0.9', RESPONSE_TYPE],
]);

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

  /** False: nothing was done. The body is parsed, and the document safe to execute. */
  async give(request: Request, response: Response, document: DocumentNode): Promise<boolean> {
    const type = TYPES.get(request.headers.accept);
    const args = type && this.argsOf(request, document);
    if (!args) return false;
    const { text, executed } = await this.executor.answer(args);
    if (!executed) return false;
    response.setHeader('Content-Type', type);
    response.send(`${text}\n`);
    return true;
  }

  private argsOf(request: Request, document: DocumentNode): ExecutionArgs | null {
    if (request.method !== 'POST') return null;
    const { operationName = null, variables = null, extensions } = request.body as Fields;
    if (extensions !== undefined) return null;
    if (operationName !== null && typeof operationName !== 'string') return null;
    if (typeof variables !== 'object' || Array.isArray(variables)) return null;
    const operation = getOperationAST(document, operationName)?.operation;
    if (operation !== OperationTypeNode.QUERY && operation !== OperationTypeNode.MUTATION) return null;
    const contextValue: GraphqlContext = { req: request };
    const variableValues = variables as Fields | null;
    return { schema: this.host.schema, document, operationName, variableValues, contextValue };
  }
}
