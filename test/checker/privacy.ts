import { groupBy, inFault, invariant, type Around, type Found } from './invariant.js';
import type { Allowed, Rule, Shown, Twin } from './record.js';

/** Nobody learns what they may not know: not by an event, a read, a text, a time or a difference. */
export const privacy = [
  invariant(
    'V1',
    'Everything delivered was allowed by a choice in force shortly before.',
    ['rules', 'told'],
    function* ({ rules, told }, around) {
      for (const one of told)
        if (!one.carried) yield* forbidden(one, rules, one.at - allowedLate(one.at, around), one.at);
    },
  ),
  invariant(
    'V2',
    'No text that a forbidden viewer can read holds a last seen, and no read ever shows one.',
    ['rules', 'reads'],
    function* ({ rules, reads }, around) {
      const { facts } = around;
      for (const read of reads) {
        const from = read.asked - allowedLate(read.at, around);
        const may = possible(rules, read.subject, read.viewer, from, read.at);
        if (read.lastSeen !== null && !may.some(({ lastSeen }) => lastSeen))
          yield { from, to: read.at, why: `${read.viewer} read the last seen of ${read.subject}` };
      }
      const seen = (facts.published ?? []).filter(({ lastSeen }) => lastSeen !== null);
      for (const text of facts.texts ?? []) {
        for (const { user, lastSeen } of seen) {
          if (lastSeen === null || !mentions(text.text, lastSeen)) continue;
          if (
            possible(rules, user, text.viewer, text.at - around.bounds.privacyInFault, text.at).some(
              (may) => may.lastSeen,
            )
          )
            continue;
          yield { from: text.at, to: text.at, why: `a text for ${text.viewer} holds the last seen of ${user}` };
        }
      }
    },
  ),
  invariant(
    'V3',
    'What a hidden person does changes nothing that a viewer gets, nor when it comes.',
    ['twins'],
    ({ twins }) => differing(twins, 'secret'),
  ),
  invariant(
    'V4',
    'A read that begins after a stricter choice was acknowledged obeys it.',
    ['rules', 'reads'],
    function* ({ rules, reads }, around) {
      for (const read of reads) {
        const late = inFault(around, read.asked, read.at, ['instance', 'store', 'loses', 'pauses'])
          ? around.bounds.privacyInFault
          : 0;
        yield* forbidden(read, rules, read.asked - late, read.at);
      }
    },
  ),
  invariant(
    'V5',
    'Where it is mutual, nobody sees the last seen of somebody to whom they do not show theirs.',
    ['rules', 'told', 'mutual'],
    function* ({ rules, told }, around) {
      for (const one of [...told.filter(({ carried }) => !carried), ...(around.facts.reads ?? [])]) {
        if (one.lastSeen === null || one.viewer === one.subject) continue;
        const from = one.at - allowedLate(one.at, around);
        if (possible(rules, one.viewer, one.subject, from, one.at).some(({ lastSeen }) => lastSeen)) continue;
        yield { from, to: one.at, why: `${one.viewer} sees ${one.subject}, and shows them nothing` };
      }
    },
  ),
  invariant(
    'V6',
    'Who has hidden stays hidden when whatever served them begins anew.',
    ['rules', 'reads'],
    function* ({ rules, reads }) {
      for (const read of reads) {
        // Nothing of the time before is excused to one who was not there then.
        if (read.servedSince !== undefined)
          yield* forbidden(read, rules, Math.max(read.servedSince, read.asked), read.at);
      }
    },
  ),
  invariant(
    'V7',
    'An invisible person looks like one who went offline at that moment, whatever they do.',
    ['choices', 'told'],
    function* ({ choices, told }, around) {
      yield* differing(around.facts.twins ?? [], 'invisible');
      const byUser = groupBy(choices, ({ user }) => user);
      for (const one of [...told.filter(({ carried }) => !carried), ...(around.facts.reads ?? [])]) {
        const own = byUser.get(one.subject) ?? [];
        const known = 'asked' in one ? one.asked : one.at - around.bounds.settled;
        const switched = own.findLast(({ answered }) => answered !== null && answered <= known);
        const later = own.some(
          ({ asked, answered }) => (answered ?? Infinity) > (switched?.answered ?? 0) && asked <= one.at,
        );
        if (switched?.answered == null || switched.status !== 'INVISIBLE' || later || one.viewer === one.subject)
          continue;
        if (one.status !== 'OFFLINE')
          yield { from: switched.answered, to: one.at, why: `${one.subject} is invisible and ${one.status}` };
        else if (one.lastSeen !== null && one.lastSeen > switched.answered + around.bounds.clock)
          yield { from: switched.answered, to: one.at, why: `${one.subject} is invisible and their last seen moves` };
      }
    },
  ),
];

const OPEN: Allowed = { online: true, lastSeen: true, typing: true };

/** What may have been allowed at some instant of that time: a rule holds from its call to the next acknowledgement. */
export function possible(
  rules: readonly Rule[],
  subject: string,
  viewer: string,
  from: number,
  to: number,
): readonly Allowed[] {
  if (subject === viewer) return [OPEN];
  const about = indexOf(rules).get(subject) ?? [];
  const own = about.filter((rule) => rule.viewer === null || rule.viewer === viewer);
  const first: Rule = { subject, viewer, asked: -Infinity, acked: -Infinity, allows: OPEN };
  return [first, ...own].flatMap((rule, at) => {
    const until = Math.min(...own.slice(at).map(({ acked }) => acked), Infinity);
    return rule.asked <= to && until >= from ? [rule.allows] : [];
  });
}

const indexes = new WeakMap<readonly Rule[], Map<string, Rule[]>>();

function indexOf(rules: readonly Rule[]): Map<string, Rule[]> {
  const known = indexes.get(rules) ?? groupBy(rules, ({ subject }) => subject);
  indexes.set(rules, known);
  return known;
}

function* forbidden(one: Shown, rules: readonly Rule[], from: number, to: number): Found {
  const may = possible(rules, one.subject, one.viewer, from, to);
  if (one.status !== 'OFFLINE' && !may.some(({ online }) => online))
    yield { from, to, why: `${one.viewer} may not see ${one.subject}, who was ${one.status}` };
  if (one.lastSeen !== null && !may.some(({ lastSeen }) => lastSeen))
    yield { from, to, why: `${one.viewer} may not see when ${one.subject} was last seen` };
}

function allowedLate(at: number, around: Around): number {
  const { privacy: usual, privacyInFault } = around.bounds;
  return inFault(around, at, at, ['instance', 'store', 'loses', 'pauses']) ? privacyInFault : usual;
}

function mentions(text: string, time: number): boolean {
  return text.includes(String(time)) || text.includes(new Date(time).toISOString());
}

export function* differing(twins: readonly Twin[], kind: Twin['kind']): Found {
  for (const { name, one, other, gapsOfOne, gapsOfOther, kind: own } of twins) {
    if (own !== kind) continue;
    const at = [...Array(Math.max(one.length, other.length)).keys()].find((index) => one[index] !== other[index]);
    if (at !== undefined)
      yield { from: at, to: at, why: `${name}: ${one[at] ?? 'nothing'} and ${other[at] ?? 'nothing'}` };
    else if (differ(gapsOfOne, gapsOfOther))
      yield { from: 0, to: 0, why: `${name}: the times between tell them apart` };
  }
}

const GAPS_MIN = 20;
/** Two-sided, p < 0.01. */
const DISTINCT_Z = 2.58;

/** Rank sum of Mann and Whitney, with the normal approximation; too few values tell nothing. */
function differ(one: readonly number[], other: readonly number[]): boolean {
  if (one.length < GAPS_MIN || other.length < GAPS_MIN) return false;
  const mean = (one.length * other.length) / 2;
  const deviation = Math.sqrt((one.length * other.length * (one.length + other.length + 1)) / 12);
  let above = 0;
  for (const a of one) for (const b of other) above += a > b ? 1 : a === b ? 0.5 : 0;
  return Math.abs(above - mean) / deviation > DISTINCT_Z;
}
