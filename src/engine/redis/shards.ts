import keySlot from 'cluster-key-slot';

/** So many that their work spreads over the nodes of a cluster, so few that a beat to each costs nothing. */
export const SHARDS = 64;

/** One hash tag a shard, made so that each lies in its own 64th of a cluster's slots. Only these stand inside {}. */
const TAGS: readonly string[] = makeTags();

/** Which shard a user or a conversation is kept in. Every instance of every version has to agree. */
export function shardOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  // The low bits alone would be a poor spread of short ids.
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) & (SHARDS - 1);
}

/** The one key that presence scripts of a shard are given; see lua/shard.lua. */
export const presenceKey = (shard: number) => `lamp:p:${tag(shard)}:m`;
export const ownedKey = (shard: number, incarnation: string) => `lamp:p:${tag(shard)}:o:${incarnation}`;
export const waitingKey = (shard: number) => `lamp:p:${tag(shard)}:q`;
export const presenceChannel = (userId: string) => `lamp:p:${tag(shardOf(userId))}:e:${userId}`;

/** The one key that typing scripts of a shard are given; see lua/typing.lua. */
export const typingKey = (shard: number) => `lamp:t:${tag(shard)}:d`;
export const typingChannel = (conversationId: string) => `lamp:t:${tag(shardOf(conversationId))}:e:${conversationId}`;

export const busChannel = (topic: string) => `lamp:b:${topic}`;

/** Positions of the ids by shard, so that each shard is asked once. */
export function byShard(ids: readonly string[]): Map<number, number[]> {
  const positions = new Map<number, number[]>();
  for (const [at, id] of ids.entries()) {
    const shard = shardOf(id);
    const own = positions.get(shard);
    if (own === undefined) positions.set(shard, [at]);
    else own.push(at);
  }
  return positions;
}

/** Channels that a cluster keeps in one place. */
export function bySlot(channels: readonly string[]): readonly (readonly string[])[] {
  const slots = new Map<number, string[]>();
  for (const channel of channels) {
    const slot = keySlot(channel);
    const own = slots.get(slot);
    if (own === undefined) slots.set(slot, [channel]);
    else own.push(channel);
  }
  return [...slots.values()];
}

const tag = (shard: number) => `{${TAGS[shard] ?? ''}}`;

function makeTags(): string[] {
  const width = 16384 / SHARDS;
  return Array.from({ length: SHARDS }, (_, shard) => {
    for (let number = 0; ; number++) {
      const candidate = `${shard}-${number}`;
      if (Math.floor(keySlot(candidate) / width) === shard) return candidate;
    }
  });
}
