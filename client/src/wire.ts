import {
  ApolloClient,
  ApolloLink,
  HttpLink,
  InMemoryCache,
  type OperationVariables,
  type TypedDocumentNode,
} from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { SetContextLink } from '@apollo/client/link/context';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import type { Client } from 'graphql-ws';

import type { Connection } from './connection.js';
import { addressesOf, typePolicies, type LamplightOptions } from './options.js';
import type { Stop } from './store.js';

const CALL_WITHIN_MS = 10_000;
const RESUBSCRIBE_MS = 1000;
const RESUBSCRIBE_LONGEST_MS = 30_000;
/** What goes away by itself; every other refusal ends a subscription. */
const PASSING = new Set(['RATE_LIMITED', 'SERVICE_UNAVAILABLE', 'INTERNAL']);

/** A question asked after a change is not answered with what was asked before it; every subscription has its snapshot. */
const EACH_FOR_ITSELF = { queryDeduplication: false };

/** Operations in three ways: once over HTTP, once over the live connection, and a subscription for as long as wanted. */
export class Wire {
  readonly apollo: ApolloClient;

  constructor(
    readonly connection: Connection,
    options: LamplightOptions,
  ) {
    this.apollo = new ApolloClient({
      cache: options.cache ?? new InMemoryCache({ typePolicies }),
      link: linkOf(connection, options),
    });
  }

  async query<T, V extends OperationVariables>(query: TypedDocumentNode<T, V>, variables: V): Promise<T> {
    const { data } = await this.apollo.query<T, OperationVariables>({
      query,
      variables,
      fetchPolicy: 'network-only',
      context: { ...EACH_FOR_ITSELF, fetchOptions: { signal: AbortSignal.timeout(CALL_WITHIN_MS) } },
    });
    return given(data);
  }

  async mutate<T, V extends OperationVariables>(mutation: TypedDocumentNode<T, V>, variables: V): Promise<T> {
    const { data } = await this.apollo.mutate<T, OperationVariables>({
      mutation,
      variables,
      context: { fetchOptions: { signal: AbortSignal.timeout(CALL_WITHIN_MS) } },
    });
    return given(data);
  }

  /** On the live connection, because it is about this connection. Fails at once without one; is never sent twice. */
  async say<T, V extends OperationVariables>(mutation: TypedDocumentNode<T, V>, variables: V): Promise<T> {
    const { data } = await this.apollo.mutate<T, OperationVariables>({
      mutation,
      variables,
      context: { overSocket: true },
    });
    return given(data);
  }

  /**
   * A subscription that survives losses: made anew, with its snapshot, after every reconnection.
   * `ended` hears of a refusal that will not go away.
   */
  keep<T, V extends OperationVariables>(
    query: TypedDocumentNode<T, V>,
    variables: V,
    heard: (data: T) => void,
    ended: (error: Error) => void = () => {},
  ): Stop {
    let over = false;
    let failures = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let current: { unsubscribe(): void } | null = null;

    const failed = (error: unknown) => {
      if (over || !this.connection.live) return;
      if (error instanceof CombinedGraphQLErrors && !passing(error)) return ended(error);
      const waitMs = Math.min(RESUBSCRIBE_LONGEST_MS, RESUBSCRIBE_MS * 2 ** failures);
      failures += 1;
      timer = setTimeout(subscribe, waitMs * (0.5 + Math.random() / 2));
    };
    const subscribe = () => {
      clearTimeout(timer);
      current?.unsubscribe();
      if (over || !this.connection.live) return;
      let open = true;
      const close = (error: unknown) => {
        if (!open) return;
        open = false;
        failed(error);
      };
      current = this.apollo.subscribe<T, OperationVariables>({ query, variables, context: EACH_FOR_ITSELF }).subscribe({
        next: ({ data, error }) => {
          if (error) return close(error);
          failures = 0;
          if (data) heard(data);
        },
        error: close,
        complete: () => close(null),
      });
    };

    const unlisten = this.connection.onReady(subscribe);
    subscribe();
    return () => {
      over = true;
      clearTimeout(timer);
      unlisten();
      current?.unsubscribe();
    };
  }

  dispose(): void {
    this.apollo.stop();
  }
}

/** The word of the contract for what went wrong, e.g. `RATE_LIMITED`, or null where it was not the service that said it. */
export function codeOf(error: unknown): string | null {
  if (!CombinedGraphQLErrors.is(error)) return null;
  const code = error.errors[0]?.extensions?.['code'];
  return typeof code === 'string' ? code : null;
}

function linkOf(connection: Connection, { url, token }: LamplightOptions): ApolloLink {
  // The link only ever subscribes.
  const overSocket = new GraphQLWsLink(connection as unknown as Client);
  const identified = new SetContextLink(async ({ headers }) => ({
    headers: { ...(headers as Record<string, string>), authorization: `Bearer ${await token()}` },
  }));
  return ApolloLink.split(
    (operation) =>
      operation.operationType === OperationTypeNode.SUBSCRIPTION || operation.getContext()['overSocket'] === true,
    overSocket,
    ApolloLink.from([identified, new HttpLink({ uri: addressesOf(url).http })]),
  );
}

const passing = (error: unknown) => PASSING.has(codeOf(error) ?? '');

function given<T>(data: T | null | undefined): T {
  if (data === null || data === undefined) throw new Error('The answer is empty');
  return data;
}
