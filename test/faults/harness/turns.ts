import { Inspector } from './inspector.js';
import type { Place } from './place.js';

const RESOLUTION_MS = 5;
const BEGIN = `globalThis.turns = process.getBuiltinModule('node:perf_hooks')
  .monitorEventLoopDelay({ resolution: ${RESOLUTION_MS} }); globalThis.turns.enable(); 0`;
const END = `globalThis.turns.disable(); globalThis.turns.percentile(99) / 1e6 - ${RESOLUTION_MS}`;

/** Milliseconds by which an instance's timers are late (99 of 100), from now until what is answered is called. */
export async function measureTurns(place: Place): Promise<() => Promise<number>> {
  const inspector = await Inspector.open(place);
  await inspector.number(BEGIN);
  return async () => {
    const p99 = await inspector.number(END);
    inspector.close();
    return p99;
  };
}
