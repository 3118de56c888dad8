import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EVENT_MARK, FIRST_NUMBER } from './events.js';
import { CACHE, ROOT } from './places.js';
import type { Conversation } from './wire.js';

/** What the clients do in one go against one server. */
export interface Plan {
  readonly http: boolean;
  readonly answered: string;
  readonly conversations: readonly Conversation[];
  readonly events: readonly { readonly expected: number; readonly command: Buffer }[];
  readonly requests: readonly Buffer[];
  readonly phases: readonly string[];
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

/** Runs a plan; what was measured, by label. */
export async function runCrowd(
  plan: Plan,
  target: { readonly port: number; readonly pid: number; readonly redisPort: number; readonly redisPid: number },
): Promise<Record<string, Measured>> {
  const path = join(CACHE, 'plan');
  writeFileSync(path, bytesOf(plan));
  const options = ['--plan', path, '--port', target.port, '--server', target.pid];
  const redis = ['--redis', target.redisPort, '--redis-pid', target.redisPid, ...(plan.http ? ['--http'] : [])];
  const child = spawn(PROGRAM, [...options, ...redis, ...plan.phases].map(String), {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const measured: Record<string, Measured> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const one = JSON.parse(line) as Measured;
    measured[one.label] = one;
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`The crowd ended with ${code}`);
  return measured;
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
