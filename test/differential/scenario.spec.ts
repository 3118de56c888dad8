import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Director } from './director.js';
import { scenarios, type Step } from './scenario.js';

const SAMPLE = 2000;
const SEED = 1;
/** What fewer of the scenarios do, a few dozen of them might never do. */
const SHARE_MIN = 0.025;
/** Each step that is to be met: those that are done over a connection with each of its wires. */
const WIRES = ['graphql', 'grpc', 'socketio', 'ws'];
const TALKING = ['graphql', 'socketio', 'ws'];
const NAMES = [
  ...WIRES.flatMap((wire) => [`open ${wire}`, `close clean ${wire}`, `close torn ${wire}`, `look ${wire}`]),
  ...TALKING.flatMap((wire) => [`beat ${wire}`, `type start ${wire}`, `type stop ${wire}`]),
  ...['graphql', 'grpc', 'back end'].flatMap((wire) => [`lease ${wire}`, `leave ${wire}`]),
  ...['graphql', 'grpc', 'rest'].map((wire) => `choose ${wire}`),
  ...['showLastSeen graphql', 'showLastSeen rest', 'chooseHere graphql', 'type start', 'type stop'],
  ...['say', 'showOnline', 'showTyping', 'never', 'block', 'contact'],
];

/** What a step is called, with the wire, where it changes what anybody is to see or hear. */
function* changes(steps: readonly Step[]): Generator<string> {
  const director = new Director();
  const { seen, heard } = director.model;
  const all = () => JSON.stringify([...seen, ...heard]);
  for (const wanted of steps) {
    const scene = director.next(wanted);
    if (scene === null) continue;
    const before = all();
    director.played(scene);
    if (all() === before) continue;
    const { step, over } = scene;
    const how =
      step.do === 'type'
        ? step.start
          ? ' start'
          : ' stop'
        : step.do === 'close'
          ? step.clean
            ? ' clean'
            : ' torn'
          : '';
    yield `${step.do}${how} ${over ?? ('wire' in step ? step.wire : '')}`.trim();
  }
}

describe('random scenarios', () => {
  it('change what people see by every step over every wire, often', () => {
    const met = new Map<string, number>();
    for (const { steps } of fc.sample(scenarios, { numRuns: SAMPLE, seed: SEED }))
      for (const name of new Set(changes(steps))) met.set(name, (met.get(name) ?? 0) + 1);
    const rare = NAMES.map((name) => [name, (met.get(name) ?? 0) / SAMPLE] as const).filter(
      ([, share]) => share < SHARE_MIN,
    );
    expect(rare).toEqual([]);
  });
});
