// Mercurius on Fastify, with its just-in-time compiled queries.
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import jwt from 'jsonwebtoken';
import mercurius from 'mercurius';
import mqRedis from 'mqemitter-redis';
import { BACKLOG, KEY, LEASE_SECONDS, PORT, REDIS_PORT } from './settings.mjs';

const redis = new Redis(REDIS_PORT, '127.0.0.1');
const callerOf = (authorization) => ({ userId: jwt.verify(authorization.slice(7), KEY).sub });

const app = Fastify();
app.register(mercurius, {
  jit: 1,
  schema: `
    type HeartbeatResult { success: Boolean! nextHeartbeatInSeconds: Int! }
    type Query { ready: Boolean! }
    type Mutation { heartbeat: HeartbeatResult! }
  `,
  context: ({ headers }) => callerOf(headers.authorization),
  subscription: {
    emitter: mqRedis({ port: REDIS_PORT, host: '127.0.0.1' }),
    fullWsTransport: true,
    onConnect: ({ payload }) => callerOf(payload.authorization),
  },
  resolvers: {
    Query: { ready: () => true },
    Mutation: {
      heartbeat: async (_root, _args, { userId }) => {
        await redis.set(`presence:${userId}`, '1', 'EX', LEASE_SECONDS);
        return { success: true, nextHeartbeatInSeconds: 15 };
      },
    },
  },
});
await app.listen({ port: PORT, host: '127.0.0.1', backlog: BACKLOG });
