import { Inspector } from './inspector.js';
import type { Place } from './place.js';

const USED = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';

/** Bytes that an instance keeps once its garbage is gone. */
export async function retained(place: Place): Promise<number> {
  const inspector = await Inspector.open(place);
  await inspector.collectGarbage();
  const bytes = await inspector.number(USED);
  inspector.close();
  return bytes;
}
