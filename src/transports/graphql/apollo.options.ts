import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Logger } from '@nestjs/common';
import type { Request } from 'express';
import type { Caller } from '../../kernel/caller.js';
import type { Config } from '../../kernel/config/config.js';
import { oneWay, statusOfDraft, telling } from './apollo.plugins.js';
import { explain } from './explain.js';
import type { KeptDocuments } from './kept.documents.js';
import { DOCUMENT_TOKENS_MAX } from './limits.js';

/** What resolvers and guards are given: over HTTP the request, over a socket the caller it has proven. */
export interface GraphqlContext {
  readonly req?: Request;
  readonly caller?: Caller;
}

/** `subscriptions` stays unset: sockets are served by our own server, with our own limits. */
export function apolloOptions(config: Config, documents: KeptDocuments): ApolloDriverConfig {
  return {
    driver: ApolloDriver,
    path: '/graphql',
    autoSchemaFile: true,
    context: ({ req }: { req: Request }): GraphqlContext => ({ req }),
    introspection: !config.production,
    graphiql: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    hideSchemaDetailsFromClientErrors: config.production,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: DOCUMENT_TOKENS_MAX },
    documentStore: documents.store,
    // Ours alone decides what a client sees: Nest's would add what an exception held.
    autoTransformHttpErrors: false,
    formatError: (_formatted, error) => explain(error),
    logger: apolloLogger,
    plugins: [ApolloServerPluginCacheControlDisabled(), oneWay, statusOfDraft, telling],
  };
}

const logger = new Logger('GraphQL');

const apolloLogger = {
  debug: (message?: unknown) => logger.debug(message),
  info: (message?: unknown) => logger.debug(message),
  warn: (message?: unknown) => logger.warn(message),
  error: (message?: unknown) => logger.error(message),
};
