import 'reflect-metadata';

import { Lamplight } from './boot/application.js';
import { loggerFor } from './boot/logger.js';
import { welcome } from './boot/welcome.js';
import { loadConfig } from './kernel/config/config.js';
import { environment } from './kernel/config/environment.js';

/** Past this nothing is waited for any more; supervisors give up soon after. */
const STOP_DEADLINE_MS = 38_000;

process.on('unhandledRejection', (reason) =>
  die(`Unhandled: ${reason instanceof Error ? reason.stack : String(reason)}`),
);

let running: Lamplight | null = null;
let asked = false;
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

try {
  const config = loadConfig(environment());
  running = await Lamplight.start(config);
  if (asked) await running.stop().finally(() => process.exit(0));
  const message = welcome(config, running.url);
  if (config.production) loggerFor(config).log(message, 'Lamplight');
  else process.stdout.write(`${message}\n`);
} catch (error) {
  // The sentence is for whoever started us; a stack would only hide it.
  die(error instanceof Error ? error.message : String(error));
}

function stop(): void {
  if (asked || running === null) {
    // Asked twice, or before there was anything to end in good order.
    if (asked) process.exit(1);
    asked = true;
    return;
  }
  asked = true;
  setTimeout(() => die(`Not everything has ended after ${STOP_DEADLINE_MS / 1000} s`), STOP_DEADLINE_MS).unref();
  running.stop().then(
    () => process.exit(0),
    (error: unknown) => die(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
}

function die(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
