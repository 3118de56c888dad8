import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The built server; another build where LAMPLIGHT_MAIN names one. */
const MAIN = process.env['LAMPLIGHT_MAIN'] ?? join(import.meta.dirname, '../../dist/src/main.js');
const READY_TIMEOUT_MS = 40_000;

/** Lamplight as a process of its own, from the built files: for what only a real start, stop or kill shows. */
export class LamplightProcess {
  private printed = '';
  private complained = '';

  private constructor(
    readonly child: ChildProcess,
    private readonly ended: Promise<number>,
  ) {
    child.stdout?.on('data', (text: Buffer) => (this.printed += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (this.complained += text.toString()));
  }

  /** Nothing of the tests' own environment is passed on. `cwd` is where a `.env` would be read. */
  static spawn(env: Readonly<Record<string, string>>, cwd: string): LamplightProcess {
    const child = spawn(process.execPath, [MAIN], {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', HOST: '127.0.0.1', GRPC_PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : -1));
    return new LamplightProcess(child, ended);
  }

  get stdout(): string {
    return this.printed;
  }

  get stderr(): string {
    return this.complained;
  }

  /** Resolves with its URL; rejects when it ends before, or is not ready in time. */
  async ready(withinMs = READY_TIMEOUT_MS): Promise<string> {
    const patience = AbortSignal.timeout(withinMs);
    for (;;) {
      const url = /ready at (http:\/\/\S+?)["\s]/.exec(this.printed)?.[1];
      if (url !== undefined) return url;
      const more = once(this.child.stdout ?? this.child, 'data', { signal: patience }).then(() => 'more' as const);
      if ((await Promise.race([more, this.ended])) !== 'more') throw new Error(`It ended: ${this.complained}`);
    }
  }

  /** Its exit code; -1 after a signal that it did not handle. */
  exit(): Promise<number> {
    return this.ended;
  }

  async stop(name: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.child.kill(name);
    return this.ended;
  }
}
