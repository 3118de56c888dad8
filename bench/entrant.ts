import { Crowd, type Measured } from './crowd.js';
import { fromAnotherInstance } from './events.js';
import { ENGINE_SETTINGS, startOthers, storeStatuses } from './others.js';
import { ALL, type PeerId } from './peers.js';
import { user } from './people.js';
import { type Running, startRedis, startServer } from './stage.js';
import type { Pace, Scene } from './work.js';

/** What was measured, by the label of the phase. */
export type Phases = Readonly<Record<string, Measured>>;

export interface Circumstances {
  readonly pace: Pace;
  readonly databaseUrl: string;
  /** Where a CPU profile goes; what else a signal would make the server do is left out then. */
  readonly profile?: string;
}

/** A server in a scene, with a Redis, people who are online elsewhere, and clients of its own. */
export class Entrant {
  /** The phases of a turn, and what few turns have in addition. */
  turn: readonly string[] = [];
  seldom: readonly string[] = [];

  private crowd: Crowd;
  private readonly needed: Running[] = [];
  /** In the order in which it was started. */
  private readonly ends: (() => Promise<void>)[] = [];

  constructor(
    readonly scene: Scene,
    readonly peer: PeerId,
  ) {}

  /** Starts everything and does what comes before the first turn. Whatever happens, `leave` has to follow. */
  async enter({ pace, ...surroundings }: Circumstances): Promise<Phases> {
    const peer = ALL[this.peer];
    const redis = this.need(await startRedis());
    await this.populate(redis.port);
    const server = this.need(await startServer(peer, { redisPort: redis.port, ...surroundings }));
    const announce = peer.announce ?? fromAnotherInstance(ENGINE_SETTINGS);
    const { plan, once, turn, seldom = [] } = this.scene.work(peer, announce, pace);
    const target = { port: server.port, pid: server.pid, redisPort: redis.port, redisPid: redis.pid };
    const crowd = (this.crowd = Crowd.start(plan, target));
    this.ends.push(() => crowd.end());
    const wanted = (phase: string) => !surroundings.profile || !phase.startsWith('signal:');
    this.turn = turn.filter(wanted);
    this.seldom = seldom;
    return this.runAll(once.filter(wanted));
  }

  /** Fails when the server, its Redis or the crowd dies meanwhile, or has died before. */
  run(phase: string): Promise<Measured> {
    return Promise.race([this.crowd.run(phase), ...this.needed.map(({ death }) => death)]);
  }

  async runAll(phases: readonly string[]): Promise<Phases> {
    const done: Record<string, Measured> = {};
    for (const phase of phases) {
      const measured = await this.run(phase);
      done[measured.label] = measured;
    }
    return done;
  }

  async leave(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end();
  }

  private need(running: Running): Running {
    this.needed.push(running);
    this.ends.push(() => running.stop());
    return running;
  }

  /** Brings those online who are so elsewhere. */
  private async populate(redisPort: number): Promise<void> {
    const online = Array.from({ length: this.scene.online }, (_, n) => user(n));
    if (online.length === 0) return;
    if (this.peer === 'lamplight') this.ends.push(await startOthers(redisPort, online));
    else await storeStatuses(redisPort, online);
  }
}
