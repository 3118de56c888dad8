import { HeaderMap, type ApolloServerPlugin, type BaseContext } from '@apollo/server';
import { GraphQLError, OperationTypeNode } from 'graphql';
import type { Caller } from '../../kernel/caller.js';
import { tell } from './explain.js';
import { legacy } from './media.js';

/** Subscriptions would be executed as if they were queries. */
export const oneWay: ApolloServerPlugin = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation }) {
        if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return;
        const extensions = { code: 'BAD_REQUEST', http: { status: 400, headers: new HeaderMap() } };
        throw new GraphQLError('Subscriptions are served over graphql-transport-ws', { extensions });
      },
    };
  },
};

/** See `legacy`. A refused method keeps its status: there the way is at fault, not the document. */
export const statusOfDraft: ApolloServerPlugin = {
  async requestDidStart() {
    return {
      async willSendResponse({ request, response }) {
        if (request.query && response.http.status === 400 && legacy(request.http?.headers.get('accept'))) {
          response.http.status = 200;
        }
      },
    };
  },
};

/** Puts what nobody expected into the log, with whom and what it was about. */
export const telling: ApolloServerPlugin = {
  async requestDidStart() {
    return {
      async didEncounterErrors({ errors, operationName, contextValue }) {
        for (const error of errors) tell(error, operationName, callerOf(contextValue));
      },
    };
  },
};

function callerOf(context: BaseContext & { readonly caller?: Caller }): Partial<Caller> {
  return context.caller ?? {};
}
