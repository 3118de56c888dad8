import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { EVENT_MARK, FIRST_NUMBER } from './events.js';
import { CACHE, ROOT } from './places.js';
import type { Conversation } from './wire.js';

/** What the clients of one server have to say. */
export interface Plan {
  readonly http: boolean;
  readonly answered: string;
  readonly conversations: readonly Conversation[];
  readonly events: readonly { readonly expected: number; readonly command: Buffer }[];
  readonly requests: readonly Buffer[];
}

/** What was measured in one phase; the program in load/ explains the phases. */
export interface Measured {
  readonly label: string;
  /** Deliveries, answers or connections. */
  readonly units: number;
  /** From the beginning to the last unit, and to the end. */
  readonly seconds: number;
  readonly wall: number;
  /** Seconds on a CPU: of the server, of Redis, of the crowd itself. */
  readonly cpu: number;
  readonly redisCpu: number;
  readonly ownCpu: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly events: number;
  readonly expected: number;
  readonly duplicates: number;
  readonly refusals: number;
  readonly gone: number;
  readonly residentKb: number;
}

const SOURCES = join(ROOT, 'bench/load');
const PROGRAM = join(CACHE, 'crowd');

/** Makes the program where it is not there yet, or older than its sources. */
export function compileCrowd(): void {
  mkdirSync(CACHE, { recursive: true });
  const sources = readdirSync(SOURCES).map((name) => join(SOURCES, name));
  const made = statSync(PROGRAM, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (sources.every((path) => statSync(path).mtimeMs < made)) return;
  const units = sources.filter((path) => path.endsWith('.c'));
  execFileSync('cc', ['-O2', '-std=gnu11', '-o', PROGRAM, ...units], { stdio: 'inherit' });
}

/** Whom the clients talk to. */
export interface Target {
  readonly port: number;
  readonly pid: number;
  readonly redisPort: number;
  readonly redisPid: number;
}

/** All clients of one server; whenever they have nothing to do, they serve their sockets. */
export class Crowd {
  private readonly reports: AsyncIterator<string>;
  private readonly ended: Promise<unknown>;

  private constructor(
    private readonly child: ChildProcessByStdio<Writable, Readable, null>,
    private readonly planPath: string,
  ) {
    this.reports = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.ended = once(child, 'exit');
    // One that is gone is noticed by the report that does not come.
    child.stdin.on('error', () => undefined);
  }

  static start(plan: Plan, { port, pid, redisPort, redisPid }: Target): Crowd {
    const path = join(CACHE, `plan-${port}`);
    writeFileSync(path, bytesOf(plan));
    const options = ['--plan', path, '--port', port, '--server', pid, '--redis', redisPort, '--redis-pid', redisPid];
    const words = [...options, ...(plan.http ? ['--http'] : [])].map(String);
    return new Crowd(spawn(PROGRAM, words, { stdio: ['pipe', 'pipe', 'inherit'] }), path);
  }

  /** One after the other only. */
  async run(phase: string): Promise<Measured> {
    this.child.stdin.write(`${phase}\n`);
    const report = await this.reports.next();
    if (report.done === true) throw new Error(`The crowd has ended in "${phase}"`);
    return JSON.parse(report.value) as Measured;
  }

  /** At once, also in the middle of a phase. */
  async end(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
    rmSync(this.planPath, { force: true });
  }
}

/** The order of load/plan.c. */
function bytesOf(plan: Plan): Buffer {
  const parts: Buffer[] = [];
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    parts.push(bytes);
  };
  const blob = (value: Buffer | string) => {
    const bytes = Buffer.from(value);
    number(bytes.length);
    parts.push(bytes);
  };
  blob(EVENT_MARK);
  blob(plan.answered);
  number(FIRST_NUMBER);
  number(plan.conversations.length);
  for (const { hello, steps } of plan.conversations) {
    blob(hello);
    number(steps.length);
    for (const step of steps) {
      blob(step.await);
      blob(step.send);
    }
  }
  number(plan.events.length);
  for (const { expected, command } of plan.events) {
    number(expected);
    blob(command);
  }
  number(plan.requests.length);
  plan.requests.forEach(blob);
  return Buffer.concat(parts);
}
