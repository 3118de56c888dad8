// What the pages of Nest, Apollo and graphql-redis-subscriptions lead to: one channel, and a filter for each subscriber.
// With JWT_KEY_OBJECT the secret is a prepared key, which their pages do not do.
import 'reflect-metadata';
import { createSecretKey } from 'node:crypto';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Args,
  Context,
  Field,
  GraphQLModule,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { RedisPubSub } from 'graphql-redis-subscriptions';
import { Redis } from 'ioredis';

const { PORT, REDIS_PORT, JWT_SECRET = '', JWT_KEY_OBJECT } = process.env;
const LEASE_SECONDS = 45;
const CHANNEL = 'statusChanged';

const connect = () => new Redis(Number(REDIS_PORT), '127.0.0.1');

@ObjectType()
class StatusMessage {
  @Field(() => String) text!: string;
}

@ObjectType()
class UserPresence {
  @Field(() => ID) userId!: string;
  @Field(() => String) status!: string;
  @Field(() => Boolean) isOnline!: boolean;
  @Field(() => String) lastSeen!: string;
  @Field(() => StatusMessage) message!: StatusMessage;
}

@ObjectType()
class HeartbeatResult {
  @Field(() => Boolean) success!: boolean;
  @Field(() => Int) nextHeartbeatInSeconds!: number;
}

interface Event {
  statusChanged: UserPresence;
}

@Resolver(() => UserPresence)
class PresenceResolver {
  constructor(
    @Inject('REDIS') private readonly redis: Redis,
    @Inject('PUB_SUB') private readonly pubSub: RedisPubSub,
  ) {}

  @Query(() => [UserPresence])
  async userStatuses(@Args('userIds', { type: () => [ID] }) userIds: string[]): Promise<UserPresence[]> {
    const found = await this.redis.mget(userIds.map((id) => `status:${id}`));
    return found.map((text) => JSON.parse(text ?? 'null') as UserPresence);
  }

  @Mutation(() => HeartbeatResult)
  async heartbeat(@Context('userId') userId: string): Promise<HeartbeatResult> {
    await this.redis.set(`presence:${userId}`, '1', 'EX', LEASE_SECONDS);
    return { success: true, nextHeartbeatInSeconds: 15 };
  }

  @Subscription(() => UserPresence, {
    filter: (event: Event, { userIds }: { userIds: string[] }) => userIds.includes(event.statusChanged.userId),
  })
  statusChanged(@Args('userIds', { type: () => [ID] }) _userIds: string[]) {
    return this.pubSub.asyncIterableIterator(CHANNEL);
  }
}

const secret = JWT_KEY_OBJECT ? createSecretKey(Buffer.from(JWT_SECRET)) : JWT_SECRET;

@Module({
  imports: [
    GraphQLModule.forRootAsync<ApolloDriverConfig>({
      driver: ApolloDriver,
      imports: [JwtModule.register({})],
      inject: [JwtService],
      useFactory: (jwt: JwtService) => {
        const callerOf = (authorization: unknown) =>
          jwt.verify<{ sub: string }>(String(authorization).slice(7), { secret: secret as string }).sub;
        return {
          autoSchemaFile: true,
          subscriptions: {
            'graphql-ws': {
              onConnect: ({ connectionParams, extra }) => {
                (extra as { userId?: string }).userId = callerOf(connectionParams?.['authorization']);
              },
            },
          },
          context: ({ req, extra }: { req: { headers: { authorization?: string } }; extra?: { userId: string } }) => ({
            userId: extra ? extra.userId : callerOf(req.headers.authorization),
          }),
        };
      },
    }),
  ],
  providers: [
    PresenceResolver,
    { provide: 'REDIS', useFactory: connect },
    { provide: 'PUB_SUB', useFactory: () => new RedisPubSub({ publisher: connect(), subscriber: connect() }) },
  ],
})
class AppModule {}

process.on('SIGTERM', () => process.exit(0));
const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
await app.listen(Number(PORT), '127.0.0.1');
