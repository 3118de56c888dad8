import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaBuilderModule, GraphQLSchemaFactory } from '@nestjs/graphql';
import { lexicographicSortSchema, type GraphQLSchema } from 'graphql';
import { PresenceResolver } from '../../src/presence/presence.resolver.js';
import { PrivacyResolver } from '../../src/privacy/privacy.resolver.js';
import { TypingResolver } from '../../src/typing/typing.resolver.js';

/** The schema as the resolvers' decorators say it; needs no database, no engine and no running application. */
export async function schemaOfCode(): Promise<GraphQLSchema> {
  const app = await NestFactory.createApplicationContext(GraphQLSchemaBuilderModule, { logger: false });
  const schema = await app.get(GraphQLSchemaFactory).create([PresenceResolver, PrivacyResolver, TypingResolver]);
  await app.close();
  return lexicographicSortSchema(schema);
}
