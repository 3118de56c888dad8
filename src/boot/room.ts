import { setFlagsFromString } from 'node:v8';

/** Twice, where nothing is said. The bound of the young generation stays what it is. */
const TIMES = 16;
export const GROWTH = '--semi-space-growth-factor';

/**
 * Lets the young generation of the heap become large at once, when more of it is alive than fitted into it. Growing by
 * doubling is for programs whose new objects die; with each connection that opens, ten thousand bytes come to stay, and
 * each of the many small collections on the way copies them once more. See docs/adr/0012.
 */
export function makeRoomAtOnce(): void {
  setFlagsFromString(`${GROWTH}=${TIMES}`);
}
