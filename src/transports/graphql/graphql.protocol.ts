import { Injectable } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { getOperationAST, GraphQLError, OperationTypeNode, type ExecutionArgs } from 'graphql';
import { Clock } from '../../kernel/clock.js';
import { endingOf, type Hello } from '../session.js';
import type { GraphqlContext } from './apollo.options.js';
import { Delivery } from './delivery.js';
import { Dialog, type Opened, type Operator, type Prepared } from './dialog.js';
import { Documents } from './documents.js';
import { Executor } from './executor.js';
import { type Answer, explainAll } from './explain.js';
import { bearerOf, type GraphqlSocket } from './graphql.socket.js';
import { Groups } from './groups.js';
import type { Asked } from './messages.js';

/** What operations over sockets come to: our identity, our limits, and our way of delivering. */
@Injectable()
export class GraphqlProtocol implements Operator {
  constructor(
    private readonly host: GraphQLSchemaHost,
    private readonly documents: Documents,
    private readonly executor: Executor,
    private readonly groups: Groups,
    private readonly clock: Clock,
  ) {}

  /** Speaks with a socket that has just opened. */
  serve(socket: GraphqlSocket): void {
    const dialog = new Dialog(socket, this, this.clock);
    socket.begin(dialog);
  }

  async welcome(socket: GraphqlSocket, hello: Hello & { readonly authorization?: unknown }): Promise<boolean> {
    try {
      await socket.session.identify(bearerOf(hello.authorization));
      await socket.session.open(hello);
      return true;
    } catch (error) {
      socket.end(endingOf(error));
      return false;
    }
  }

  prepare({ session }: GraphqlSocket, { query, operationName, variables }: Asked): Prepared {
    const { document, errors } = this.documents.take(query);
    if (errors) return { errors };
    const operation = getOperationAST(document, operationName);
    if (!operation) return { errors: [unknownOperation()] };
    const contextValue: GraphqlContext = { caller: session.caller ?? undefined };
    const args = { schema: this.host.schema, document, operationName, variableValues: variables, contextValue };
    return { args, live: operation.operation === OperationTypeNode.SUBSCRIPTION };
  }

  async open(socket: GraphqlSocket, id: string, args: ExecutionArgs, onOver: (error?: Error) => void): Promise<Opened> {
    const source = await this.executor.open(args);
    if ('errors' in source) return source;
    const group = this.groups.join(args);
    return new Delivery(id, source, group, socket.outbox, (error) => {
      this.groups.leave(group);
      onOver(error);
    });
  }

  execute(args: ExecutionArgs): Promise<Answer> {
    return this.executor.answer(args);
  }

  explainAll({ session }: GraphqlSocket, operationName: string | null, errors: readonly unknown[]): readonly object[] {
    return explainAll(errors, operationName, session.caller ?? {});
  }
}

function unknownOperation(): GraphQLError {
  return new GraphQLError('There is no such operation', { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } });
}
