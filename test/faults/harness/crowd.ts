import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { endWithUs } from '../../support/children.js';
import type { Census, Order } from './crowd.process.js';
import type { Field } from './field.js';
import type { Place } from './place.js';

const PROGRAM = join(import.meta.dirname, 'crowd.process.ts');
const DRAWS = 10_007;

/** Very many clients, in a process of their own, that come back by themselves when they lose their server. */
export class Crowd {
  private census: Census = {};

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (census: Census) => (this.census = census));
    endWithUs(child);
  }

  /** They begin to open connections. `spreadMs`: a lost one is opened again at some moment of these. */
  static open(field: Field, ids: readonly string[], places: readonly Place[], spreadMs: number): Crowd {
    const crowd = new Crowd(fork(PROGRAM));
    const tokens = ids.map((id) => field.place('a').token(id));
    const draws = Array.from({ length: DRAWS }, field.random);
    crowd.order({ what: 'open', tokens, ports: places.map(({ port }) => port), spreadMs, draws });
    return crowd;
  }

  /** Acknowledged connections, to those instances or to any. */
  live(places?: readonly Place[]): number {
    const known = places ? places.map(({ port }) => this.census[port] ?? 0) : Object.values(this.census);
    return known.reduce((sum, count) => sum + count, 0);
  }

  /** Whoever has to connect from now on does so to these. */
  turnTo(places: readonly Place[]): void {
    this.order({ what: 'turn', ports: places.map(({ port }) => port) });
  }

  /** Everybody says goodbye, and the process ends. */
  async leave(): Promise<void> {
    this.order({ what: 'leave' });
    while (this.live() > 0) await once(this.child, 'message');
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
  }

  private order(order: Order): void {
    this.child.send(order);
  }
}
