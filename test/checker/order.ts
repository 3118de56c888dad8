import { groupBy, invariant, meets, pairs, type Found } from './invariant.js';
import type { Published, Told } from './record.js';

/** What is told is told once, in order, and by those who may. */
export const order = [
  invariant(
    'S3',
    'Each listener hears of each person in a strictly increasing order, without a gap where numbers are given.',
    ['told', 'published'],
    function* ({ told, published }) {
      for (const views of byStream(told)) {
        for (const [before, one] of pairs(views)) {
          if (one.version !== undefined && before.version !== undefined && one.version <= before.version)
            yield {
              from: before.at,
              to: one.at,
              why: `${one.subject} to ${one.viewer}: version ${one.version} twice or late`,
            };
          if (one.sequence !== undefined && before.sequence !== undefined && one.sequence !== before.sequence + 1)
            yield {
              from: before.at,
              to: one.at,
              why: `${one.subject} to ${one.viewer}: ${one.sequence} after ${before.sequence}`,
            };
        }
      }
      // The same version is heard by many; two different states never share one.
      const states = new Map<string, Published>();
      for (const one of published) {
        const key = `${one.user} ${one.version}`;
        const known = states.get(key);
        states.set(key, known ?? one);
        if (known && known.face !== one.face)
          yield { from: known.at, to: one.at, why: `version ${one.version} of ${one.user} is two states` };
      }
    },
  ),
  invariant(
    'S4',
    'Two events about somebody, one after the other in one stream, differ in something that can be seen.',
    ['told'],
    function* ({ told }) {
      for (const views of byStream(told))
        for (const [before, one] of pairs(views))
          if (before.face === one.face && (before.lastSeen === null) === (one.lastSeen === null))
            yield { from: before.at, to: one.at, why: `${one.subject} to ${one.viewer}: ${one.status} again` };
    },
  ),
  invariant(
    'S5',
    'Between two times of being shown, somebody is published OFFLINE exactly once.',
    ['published'],
    function* ({ published }, { faults }) {
      for (const own of groupBy(published, ({ user }) => user).values()) {
        for (const [before, one] of pairs(distinct(own))) {
          if (before.status !== 'OFFLINE' || one.status !== 'OFFLINE') continue;
          // A message may change while nobody is there to see it; the departure stays the same one.
          if (before.lastSeen === one.lastSeen && before.face !== one.face) continue;
          if (faults.some((fault) => fault.what === 'loses' && fault.from <= one.at && fault.to >= before.at)) continue;
          yield { from: before.at, to: one.at, why: `${one.user} went twice` };
        }
      }
    },
  ),
  invariant(
    'S6',
    'A read is a state that was published, and never older than what anybody had been told when it began.',
    ['reads', 'published'],
    function* ({ reads, published }, { faults, facts }) {
      const byUser = groupBy(published, ({ user }) => user);
      const told = groupBy(facts.told ?? [], ({ subject }) => subject);
      for (const read of reads) {
        if (read.version === undefined) continue;
        const own = byUser.get(read.subject) ?? [];
        const same = own.find(({ version }) => version === read.version);
        if (!same || same.status !== read.status)
          yield {
            from: read.asked,
            to: read.at,
            why: `${read.subject} was ${read.status} with a version that is none of that`,
          };
        const events = [...own, ...(told.get(read.subject) ?? [])];
        const newer = events.find(({ at, version }) => at < read.asked && (version ?? 0) > (read.version ?? 0));
        if (newer && !faults.some((fault) => meets(fault, newer.at, read.at)))
          yield { from: newer.at, to: read.at, why: `${read.subject} was read older than it had been told` };
      }
    },
  ),
  invariant(
    'S7',
    'Nothing that a fenced incarnation owns or causes is seen after its fence.',
    ['fenced'],
    function* ({ fenced }, { facts }) {
      for (const { at, incarnation } of fenced) {
        const owned = facts.owners?.find((one) => one.at > at && one.incarnations.includes(incarnation));
        if (owned) yield { from: at, to: owned.at, why: `${incarnation} owns something after its fence` };
        const caused = facts.published?.find((one) => one.at > at && one.by === incarnation);
        if (caused) yield { from: at, to: caused.at, why: `${incarnation} told of ${caused.user} after its fence` };
      }
    },
  ),
  invariant(
    'S8',
    'Sending the same again changes nothing and is no event.',
    ['repeats'],
    function* ({ repeats }): Found {
      for (const { at, user, what, before, after, events } of repeats)
        if (before !== after || events > 0)
          yield { from: at, to: at, why: `${what} of ${user}, repeated: ${events} events, ${before} became ${after}` };
    },
  ),
];

function byStream(told: readonly Told[]): Iterable<Told[]> {
  return groupBy(told, ({ stream, subject }) => `${stream} ${subject}`).values();
}

/** Each version once, by version. */
function distinct(own: readonly Published[]): Published[] {
  const versions = new Map(own.map((one) => [one.version, one]));
  return [...versions.values()].sort((a, b) => a.version - b.version);
}
