import 'reflect-metadata';

import type { Lamplight } from './boot/application.js';
import { welcome } from './boot/welcome.js';
import { loadConfig } from './kernel/config/config.js';
import { environment } from './kernel/config/environment.js';
import { startTracing } from './kernel/tracing/tracing.js';

/** Past this nothing is waited for any more; supervisors give up soon after. */
const STOP_DEADLINE_MS = 39_000;

process.on('unhandledRejection', (reason) =>
  die(`Unhandled: ${reason instanceof Error ? reason.stack : String(reason)}`),
);

/** Signals so close together are one. */
const ONE_CTRL_C_MS = 500;

let running: Lamplight | null = null;
let stopTracing = () => Promise.resolve();
let asked = false;
let insisting = false;
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

try {
  const env = environment();
  const config = loadConfig(env);
  stopTracing = await startTracing(env);
  // Not before: what is imported is traced, or it is not.
  const [{ Lamplight }, { loggerFor }] = await Promise.all([
    import('./boot/application.js'),
    import('./boot/logger.js'),
  ]);
  running = await Lamplight.start(config);
  const message = welcome(config, running.url);
  if (config.production) loggerFor(config).log(message, 'Lamplight');
  else process.stdout.write(`${message}\n`);
} catch (error) {
  // A sentence is for whoever started us, and a stack would only hide it. Of a bug the stack is what helps.
  const bug = error instanceof TypeError || error instanceof ReferenceError;
  die(error instanceof Error ? (bug && error.stack) || error.message : String(error));
}

function stop(): void {
  if (insisting) process.exit(1);
  if (asked) return;
  asked = true;
  // Ctrl-C under npm arrives twice in one moment, from the terminal and from npm. Later it means impatience.
  setTimeout(() => (insisting = true), ONE_CTRL_C_MS).unref();
  // Still starting: nobody is connected, and a server of ours stops when we are gone.
  if (running === null) process.exit(0);
  setTimeout(() => die(`Not everything has ended after ${STOP_DEADLINE_MS / 1000} s`), STOP_DEADLINE_MS).unref();
  running
    .stop()
    .then(stopTracing)
    .then(
      () => process.exit(0),
      (error: unknown) => die(error instanceof Error ? (error.stack ?? error.message) : String(error)),
    );
}

function die(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
