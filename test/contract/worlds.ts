import { redisWorld } from './redis.world.js';
import { memoryWorld } from './world.js';
import type { World } from './world.js';

/** The rules hold over each of them. */
export const WORLDS: readonly { readonly name: string; readonly make: () => Promise<World> }[] = [
  { name: 'memory', make: memoryWorld },
  { name: 'redis', make: redisWorld },
];
