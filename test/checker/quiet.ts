import { inFault, invariant, type Found } from './invariant.js';

/** Bytes a process may keep more than before, as a part of what it kept. */
export const GROWTH_MAX = 0.1;

/** When everything has been quiet for a while, all is right and nothing is left over. */
export const quiet = [
  invariant('Q1', 'The store has everybody as they are.', ['quiet'], ({ quiet: { at, truth, register } }) =>
    unequal(at, truth, register, 'the store has'),
  ),
  invariant('Q2', 'Every stream shows last what it has to.', ['quiet'], ({ quiet: { at, due, shown } }) =>
    unequal(at, due, shown, 'is shown'),
  ),
  invariant('Q3', 'Nothing is left of what has ended.', ['quiet'], function* ({ quiet: { at, garbage } }) {
    for (const [what, count] of garbage) if (count > 0) yield { from: at, to: at, why: `${count} × ${what} is left` };
  }),
  invariant('Q4', 'Every request is answered in time.', ['requests'], function* ({ requests }, around) {
    const { bounds } = around;
    for (const { user, what, asked, answered } of requests) {
      const to = answered ?? asked + bounds.request;
      if ((answered ?? Infinity) - asked <= bounds.request || inFault(around, asked, to, ['instance'])) continue;
      yield { from: asked, to, why: `${what} of ${user} was not answered in time` };
    }
  }),
  invariant('Q5', 'No process keeps memory that it did not have before.', ['memory'], function* ({ memory }) {
    for (const { at, instance, before, after } of memory)
      if (after > before * (1 + GROWTH_MAX))
        yield { from: at, to: at, why: `${instance} holds ${after} bytes, before it was ${before}` };
  }),
];

function* unequal(
  at: number,
  due: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
  verb: string,
): Found {
  for (const [name, wanted] of due) {
    const own = found.get(name) ?? 'nothing';
    if (own !== wanted) yield { from: at, to: at, why: `${name}: ${verb} ${own}, not ${wanted}` };
  }
}
