// Loaded into every server that is measured, ours too. SIGUSR2: collects the garbage and gives free pages back to the
// system, so that what is left is what is held; with BENCH_PROFILE, begins a CPU profile, and at the next signal writes it there.
import { Session } from 'node:inspector';
import { writeFileSync } from 'node:fs';

const path = process.env.BENCH_PROFILE;
const session = new Session();
session.connect();
let running = false;

process.on('SIGUSR2', () => {
  if (path) return profile();
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
});

function profile() {
  if (running) {
    session.post('Profiler.stop', (_error, { profile: found }) => writeFileSync(path, JSON.stringify(found)));
  } else {
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: 500 });
    session.post('Profiler.start');
  }
  running = !running;
}
