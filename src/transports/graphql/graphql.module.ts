import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule } from '@nestjs/graphql';
import { Config } from '../../kernel/config/config.js';
import { SocketsModule } from '../sockets.module.js';
import { Answers } from './answers.js';
import { apolloOptions } from './apollo.options.js';
import { Counter } from './counter.js';
import { Doorkeeper } from './doorkeeper.js';
import { Documents } from './documents.js';
import { Executor } from './executor.js';
import { GraphqlProtocol } from './graphql.protocol.js';
import { GraphqlServer } from './graphql.server.js';
import { Groups } from './groups.js';
import { KeptDocuments } from './kept.documents.js';
import { Ways } from './ways.js';

// Apart, since Apollo's options need them before there is a schema to hold documents against.
@Module({ providers: [KeptDocuments], exports: [KeptDocuments] })
class KeptDocumentsModule {}

/** GraphQL over HTTP and over graphql-transport-ws, both at /graphql. */
@Module({
  imports: [
    GraphQLModule.forRootAsync<ApolloDriverConfig>({
      driver: ApolloDriver,
      imports: [KeptDocumentsModule],
      inject: [Config, KeptDocuments],
      useFactory: apolloOptions,
    }),
    KeptDocumentsModule,
    SocketsModule,
  ],
  providers: [Answers, Counter, Documents, Doorkeeper, Executor, Groups, GraphqlProtocol, GraphqlServer, Ways],
})
export class GraphqlModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(Doorkeeper).forRoutes('/graphql', '/graphql/*path');
  }
}
