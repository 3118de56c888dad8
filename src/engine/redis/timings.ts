/** How the instances live with each other. All milliseconds; tests shorten them. */
export interface Timings {
  /** How often an instance says that it lives, and when it is dead without. */
  readonly beatMs: number;
  readonly nodeTtlMs: number;
  /** Own silence after which the instance has to assume that it is dead to the others. */
  readonly selfFenceMs: number;
  readonly sweepMs: number;
  /** A longer gap between sweeps: nobody could renew anything meanwhile, see lua/shard.lua. */
  readonly stallMs: number;
  /** How often sockets that the store has not acknowledged are tried again. */
  readonly retryMs: number;
  /** How often watchers look whether they missed something. */
  readonly repairMs: number;
  /** How long an event may be on its way before it counts as missed. */
  readonly settleMs: number;
  /** After the store was emptied: how long the instances have to bring back what they hold. */
  readonly rebuildMs: number;
  /** A channel that nobody watches any more is kept so long, for whoever comes back. */
  readonly lingerMs: number;
  readonly changesKeptMs: number;
  /** How often last active of someone who stays is put down. */
  readonly checkpointMs: number;
}

export const TIMINGS: Timings = {
  beatMs: 2000,
  nodeTtlMs: 10_000,
  selfFenceMs: 8000,
  sweepMs: 1000,
  stallMs: 3000,
  retryMs: 200,
  repairMs: 4000,
  settleMs: 500,
  rebuildMs: 5000,
  lingerMs: 8000,
  changesKeptMs: 60_000,
  checkpointMs: 300_000,
};
