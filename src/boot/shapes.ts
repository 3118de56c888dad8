import { setFlagsFromString } from 'node:v8';

/** Four, where nothing is said. With eight, heartbeats over HTTP became dearer. */
const SHAPES = 6;
export const SETTING = '--max-valid-polymorphic-map-count';

/**
 * Lets a place in the code be made for objects of so many shapes, before it looks up every property in a table. A socket
 * has one shape before its upgrade and another one after it; those to Redis and to Postgres have others, and all are
 * written to by the same few functions of Node. To be called before they have met too many. See docs/adr/0011.
 */
export function expectManyShapes(): void {
  setFlagsFromString(`${SETTING}=${SHAPES}`);
}
