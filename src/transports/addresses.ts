import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Cancel, Clock } from '../kernel/clock.js';
import { Config } from '../kernel/config/config.js';
import { Tally } from './tally.js';

/** Handshakes from one address before anybody's identity is known. */
const HANDSHAKES_PER_SECOND = 500;

/** How many connections each network address has, over all wires together, and how fast it opens more. */
@Injectable()
export class Addresses implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly live = new Tally();
  /** Within the present second. */
  private readonly handshakes = new Map<string, number>();
  private stop: Cancel = () => {};

  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.stop = this.clock.every(1000, () => this.handshakes.clear());
  }

  onApplicationShutdown(): void {
    this.stop();
  }

  /** Whether the address may shake hands now and have one more live connection; counts the handshake. */
  welcomes(address: string): boolean {
    return !this.full(address) && this.greets(address);
  }

  /** Counts a handshake. False: too many within a second. */
  greets(address: string): boolean {
    const recent = (this.handshakes.get(address) ?? 0) + 1;
    this.handshakes.set(address, recent);
    return !this.config.rateLimits || recent <= HANDSHAKES_PER_SECOND;
  }

  /** Whether it has as many live connections as may be. */
  full(address: string): boolean {
    return this.live.of(address) >= this.config.maxConnectionsPerAddress;
  }

  /** Counts a live connection until what is answered is called. */
  enter(address: string): () => void {
    return this.live.add(address);
  }
}
