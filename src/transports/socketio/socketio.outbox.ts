import type { Socket as Engine } from 'engine.io';
import type { Clock } from '../../kernel/clock.js';
import type { Patient } from '../outbox.js';
import type { Way } from '../surroundings.js';

/** Of what waits for the transport; from here on only the newest of each thing is kept. */
const HELD_BYTES = 64 * 1024;
const WAITING_BYTES_MAX = 1024 * 1024;
const RESUMED_BYTES = 48 * 1024;

/** What is said over one engine.io connection, which queues without end for a transport that is busy. */
export class IoOutbox implements Way {
  private readonly patients = new Set<Patient>();
  /** The transport has taken all that waited; which says nothing about the peer, whose system may be all there is. */
  private readonly onDrain = () => this.resume();
  private bytes = 0;
  private since: number | null = null;

  constructor(
    private readonly engine: Engine,
    private readonly clock: Clock,
    private readonly overflow: () => void,
  ) {
    engine.on('drain', this.onDrain);
  }

  get held(): boolean {
    return this.bytes > HELD_BYTES;
  }

  get stuckSince(): number | null {
    return this.since;
  }

  get queuedBytes(): number {
    return this.bytes;
  }

  /** `say` writes about so many bytes. */
  put(bytes: number, say: () => void): void {
    if (this.bytes > WAITING_BYTES_MAX) return this.overflow();
    say();
    if (!this.waits()) return;
    this.since ??= this.clock.monotonic();
    this.bytes += bytes;
  }

  wait(patient: Patient): void {
    this.patients.add(patient);
  }

  forget(patient: Patient): void {
    this.patients.delete(patient);
  }

  close(): void {
    this.engine.off('drain', this.onDrain);
    this.patients.clear();
  }

  private waits(): boolean {
    const { writeBuffer } = this.engine as unknown as { readonly writeBuffer: readonly unknown[] };
    return writeBuffer.length > 0;
  }

  private resume(): void {
    this.bytes = 0;
    this.since = null;
    for (const patient of this.patients) {
      if (this.held) return;
      if (patient.resume(RESUMED_BYTES)) this.patients.delete(patient);
    }
  }
}
