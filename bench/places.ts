import { join } from 'node:path';

/** Of the repository; this file runs from dist/bench. */
export const ROOT = join(import.meta.dirname, '../..');
/** What can be made again. */
export const CACHE = join(ROOT, '.cache/bench');
export const PEERS = join(ROOT, 'bench');
export const REPORT = join(ROOT, 'docs/benchmarks.md');
export const CHARTS = join(ROOT, 'docs/images');
