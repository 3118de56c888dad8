/** Ids in one subscription, and how many subscriptions there may be; the server takes 1000, 100 and 5000 in all. */
export const CHUNK_MAX = 250;
export const CHUNKS_MAX = 20;
export const WATCHED_MAX = CHUNK_MAX * CHUNKS_MAX;

export interface Plan<C> {
  readonly close: readonly C[];
  readonly open: readonly (readonly string[])[];
}

/**
 * How the running subscriptions change so that they cover what is wanted: new ids get a subscription of their own,
 * one that is mostly unwanted is dissolved, and the smallest are joined when there would be too many.
 * What does not fit into `WATCHED_MAX` waits.
 */
export function plan<C extends { readonly ids: ReadonlySet<string> }>(
  chunks: readonly C[],
  wanted: ReadonlySet<string>,
): Plan<C> {
  const sized = chunks.map((chunk) => ({ chunk, live: [...chunk.ids].filter((id) => wanted.has(id)) }));
  const dense = sized.filter(({ chunk, live }) => live.length > 0 && live.length * 2 >= chunk.ids.size);
  const kept = dense.sort((a, b) => b.live.length - a.live.length);
  const covered = new Set(kept.flatMap(({ live }) => live));
  const held = () => kept.reduce((sum, { chunk }) => sum + chunk.ids.size, 0);
  const pool = new Set([...wanted].filter((id) => !covered.has(id)));
  while (
    kept.length > 0 &&
    pool.size > 0 &&
    (kept.length + Math.ceil(pool.size / CHUNK_MAX) > CHUNKS_MAX || held() + pool.size > WATCHED_MAX) &&
    mayShrink(kept, pool.size)
  ) {
    for (const id of kept.pop()?.live ?? []) pool.add(id);
  }
  const room = Math.max(0, Math.min(WATCHED_MAX - held(), (CHUNKS_MAX - kept.length) * CHUNK_MAX));
  const taken = [...pool].slice(0, room);
  const open: string[][] = [];
  for (let at = 0; at < taken.length; at += CHUNK_MAX) open.push(taken.slice(at, at + CHUNK_MAX));
  const staying = new Set(kept.map(({ chunk }) => chunk));
  return { close: chunks.filter((chunk) => !staying.has(chunk)), open };
}

/** A full house is left as it is: dissolving a full subscription makes no room. */
const mayShrink = (kept: readonly { readonly live: readonly string[] }[], waiting: number) =>
  (kept.at(-1)?.live.length ?? 0) < CHUNK_MAX && waiting > 0;
