import { readFileSync } from 'node:fs';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Share {
  readonly what: string;
  /** Of the time on the CPU, 0 to 1. */
  readonly share: number;
}

/** Where the time went: by function, itself only, and by package; the idle time is left out. */
export function readProfile(path: string): {
  readonly functions: readonly Share[];
  readonly packages: readonly Share[];
} {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, 'utf8')) as Profile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, at) => {
    const frame = frames.get(id);
    const time = timeDeltas[at] ?? 0;
    // To begin a profile takes a while, which is no work of the server's.
    if (!frame || frame.functionName === '(idle)' || frame.url === 'node:inspector') return;
    busy += time;
    const owner = ownerOf(frame.functionName, frame.url);
    const name = frame.functionName || '(anonymous)';
    const place = frame.url ? ` (${owner}, ${frame.url.split('/').at(-1)}:${frame.lineNumber + 1})` : '';
    add(functions, name + place, time);
    add(packages, owner, time);
  });
  return { functions: shares(functions, busy), packages: shares(packages, busy) };
}

function ownerOf(name: string, url: string): string {
  if (url === '') return name.startsWith('(') ? name : '(native)';
  const inside = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (inside) return inside;
  if (url.startsWith('node:')) return 'node';
  return /dist\/src\/(.*)\/[^/]*$/.exec(url)?.[1] ?? 'ours';
}

function add(sums: Map<string, number>, key: string, time: number): void {
  sums.set(key, (sums.get(key) ?? 0) + time);
}

function shares(sums: ReadonlyMap<string, number>, all: number): Share[] {
  return [...sums].map(([what, time]) => ({ what, share: time / all })).sort((a, b) => b.share - a.share);
}
