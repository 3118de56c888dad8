import { Injectable } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
} from 'graphql';
import { makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import { endingOf, type Hello } from '../session.js';
import { Documents } from './documents.js';
import { explain, tell } from './explain.js';
import { bearerOf, type GraphqlSocket, type SocketContext } from './graphql.socket.js';
import { Groups } from './groups.js';
import { subscribe } from './subscribe.js';

const INIT_WAIT_MS = 3000;
const SUBSCRIPTIONS_MAX = 100;
/** Characters of an operation's id, which is kept as long as the operation lives and is sent with every message. */
const ID_MAX = 128;

export interface Extra {
  readonly socket: GraphqlSocket;
}

/** The protocol library with our identity, our limits and our way of delivering. */
@Injectable()
export class GraphqlProtocol {
  private readonly server: Server<Extra>;

  constructor(
    private readonly host: GraphQLSchemaHost,
    private readonly documents: Documents,
    groups: Groups,
  ) {
    this.server = makeServer<Hello & Record<string, unknown>, Extra>({
      connectionInitWaitTimeout: INIT_WAIT_MS,
      onConnect: ({ connectionParams, extra }) => this.welcome(extra.socket, connectionParams ?? {}),
      onSubscribe: ({ extra }, id, payload) => this.prepare(extra.socket, id, payload),
      subscribe: (args) => subscribe(args, groups),
      onNext: (_context, _id, _payload, args, result) => this.explained(args, result),
      onError: ({ extra }, _id, { operationName }, errors) =>
        errors.map((error) => {
          tell(error, operationName, extra.socket.session.caller ?? {});
          return explain(error);
        }),
    });
  }

  /** Speaks with a socket that has just opened. */
  serve(socket: GraphqlSocket): void {
    const closed = this.server.opened(socket, { socket });
    socket.onClosed((code, reason) => void closed(code, reason));
  }

  private async welcome(socket: GraphqlSocket, hello: Hello & Record<string, unknown>): Promise<boolean> {
    try {
      await socket.session.identify(bearerOf(hello['authorization']));
      await socket.session.open(hello);
      return true;
    } catch (error) {
      socket.end(endingOf(error));
      return false;
    }
  }

  private prepare(
    socket: GraphqlSocket,
    id: string,
    payload: SubscribePayload,
  ): ExecutionArgs | readonly GraphQLError[] {
    const { caller } = socket.session;
    if (id.length > ID_MAX || !caller) {
      socket.end('malformed');
      return [badInput('The id is too long')];
    }
    const { document, errors } = this.documents.take(payload.query);
    if (errors) return errors;
    const operation = getOperationAST(document, payload.operationName);
    if (!operation) return [unknownOperation()];
    if (operation.operation === OperationTypeNode.SUBSCRIPTION) {
      if (socket.deliveries.size + socket.opening >= SUBSCRIPTIONS_MAX) {
        return [badInput(`A socket has at most ${SUBSCRIPTIONS_MAX} subscriptions`)];
      }
      socket.opening += 1;
    }
    const contextValue: SocketContext = { caller, socket, id };
    return {
      schema: this.host.schema,
      document,
      operationName: payload.operationName,
      variableValues: payload.variables,
      contextValue,
    };
  }

  private explained(args: ExecutionArgs, result: ExecutionResult): FormattedExecutionResult | undefined {
    if (!result.errors) return undefined;
    const { caller } = args.contextValue as SocketContext;
    for (const error of result.errors) tell(error, args.operationName, caller);
    return { ...result, errors: result.errors.map(explain) };
  }
}

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

function unknownOperation(): GraphQLError {
  return new GraphQLError('There is no such operation', { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } });
}
