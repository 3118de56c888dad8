import { covers, groupBy, inFault, invariant, meets, type Around, type Found } from './invariant.js';
import { differing } from './privacy.js';
import type { Bounds, Choice, Published, Read, Shown, Stay, Told } from './record.js';

/** What people see is what people do: nobody false, nobody left over, nothing told about those who did nothing. */
export const presence = [
  invariant(
    'S1',
    'Nobody who is connected is shown OFFLINE to somebody who may see them.',
    ['stays', 'told'],
    function* ({ stays, told }, around) {
      const { bounds, facts } = around;
      const byUser = groupBy(stays, ({ user }) => user);
      for (const one of all(told, facts.reads)) {
        if (one.status !== 'OFFLINE' || isHidden(one, around)) continue;
        const [from, to] = [one.at - bounds.settled - bounds.late, one.at + bounds.settled];
        const here = byUser
          .get(one.subject)
          ?.find((stay) => stay.sure !== null && covers(stay.sure, from, to) && !stoodStill(stay, one.at, around));
        if (!here || inFault(around, one.at, one.at, ['store', 'loses'])) continue;
        if (mayHide(facts.choices, one.subject, from, to)) continue;
        yield { from, to, why: `${one.subject}, connected all the time, was OFFLINE to ${one.viewer}` };
      }
    },
  ),
  invariant(
    'S2',
    'Nobody who has been gone for long is shown as anything but OFFLINE.',
    ['stays', 'told'],
    function* ({ stays, told }, around) {
      const { bounds, facts } = around;
      const byUser = groupBy(stays, ({ user }) => user);
      for (const one of all(told, facts.reads)) {
        if (one.status === 'OFFLINE') continue;
        const excused = inFault(around, one.at - bounds.gone, one.at, ['instance', 'store', 'loses', 'pauses']);
        const from = one.at - (excused ? bounds.goneInFault : bounds.gone);
        if (byUser.get(one.subject)?.some(({ maybe }) => meets(maybe, from, one.at))) continue;
        yield { from, to: one.at, why: `${one.subject}, long gone, was ${one.status} to ${one.viewer}` };
      }
    },
  ),
  invariant(
    'S9',
    'What is shown is the fold of all live connections and the chosen status.',
    ['stays', 'choices', 'reads'],
    function* ({ stays, choices, reads }, around) {
      const { bounds } = around;
      const byUser = groupBy(stays, ({ user }) => user);
      for (const read of reads) {
        if (isHidden(read, around) || inFault(around, read.asked, read.at, ['instance', 'store', 'loses', 'pauses']))
          continue;
        const wanted = folded(byUser.get(read.subject) ?? [], choices, read, bounds);
        if (wanted === null || wanted === read.status) continue;
        yield {
          from: read.asked,
          to: read.at,
          why: `${read.subject} was ${read.status} to ${read.viewer}, not ${wanted}`,
        };
      }
    },
  ),
  invariant(
    'S10',
    'A last seen never goes back, is never in the future, and is when the last sign of life was.',
    ['told'],
    function* ({ told }, around) {
      const { facts, bounds } = around;
      for (const one of all(told, facts.reads)) {
        if (one.lastSeen !== null && one.lastSeen > one.at + bounds.clock)
          yield { from: one.at, to: one.lastSeen, why: `the last seen of ${one.subject} is in the future` };
      }
      for (const views of groupBy(told, ({ stream, subject }) => `${stream} ${subject}`).values())
        yield* goesBack(views);
      for (const own of groupBy(facts.published ?? [], ({ user }) => user).values()) yield* goesBack(byVersion(own));
      const byUser = groupBy(facts.stays ?? [], ({ user }) => user);
      for (const one of told) {
        if (!facts.exact?.has(one.subject) || one.status !== 'OFFLINE' || one.lastSeen === null || one.carried)
          continue;
        const seen = one.lastSeen;
        const near = byUser.get(one.subject)?.some(({ maybe, sure }) => {
          const ended = { from: (sure ?? maybe).to - bounds.lastSeen, to: maybe.to + bounds.lastSeen };
          return meets(ended, seen, seen);
        });
        if (!near) yield { from: seen, to: one.at, why: `${one.subject} did not leave when they were last seen` };
      }
    },
  ),
  invariant(
    'S12',
    "A fault on one person's connection is no event about anybody else.",
    ['stays', 'told', 'broken'],
    function* ({ stays, told, broken }, { faults, bounds, facts }) {
      yield* differing(facts.twins ?? [], 'bystander');
      const deeds = groupBy([...moments(stays), ...choicesOf(facts.choices)], ({ user }) => user);
      const seen = new Set<string>();
      for (const one of told) {
        const key = `${one.stream} ${one.subject}`;
        const first = !seen.has(key);
        seen.add(key);
        if (first || one.carried) continue;
        const beside = broken.find((fault) => fault.user !== one.subject && covers(fault, one.at, one.at));
        const from = one.at - bounds.goneInFault;
        if (!beside || faults.some((fault) => meets(fault, from, one.at))) continue;
        if (deeds.get(one.subject)?.some(({ at }) => at >= from && at <= one.at)) continue;
        yield { from: beside.from, to: one.at, why: `${one.subject} did nothing and was told to ${one.viewer}` };
      }
    },
  ),
];

/** Whether the instance of that connection, as far as is known, had a fault then. */
function stoodStill({ instance }: Stay, at: number, { faults, bounds }: Around): boolean {
  return faults.some(
    ({ what, whose, from, to }) =>
      what === 'instance' && (instance ?? whose) === whose && meets({ from, to: to + bounds.afterFault }, at, at),
  );
}

/** Whoever is not known to be allowed is not judged here: that is privacy's part. */
function isHidden(one: Shown, { facts, bounds }: Around): boolean {
  return (facts.rules ?? []).some(
    (rule) =>
      rule.subject === one.subject &&
      (rule.viewer === null || rule.viewer === one.viewer) &&
      !rule.allows.online &&
      rule.asked <= one.at + bounds.privacyInFault,
  );
}

function mayHide(choices: readonly Choice[] | undefined, user: string, from: number, to: number): boolean {
  return inForce(choices ?? [], user, from, to).some(({ status }) => status === 'INVISIBLE');
}

/** Those that may have been in force at some instant of that time. */
function inForce(choices: readonly Choice[], user: string, from: number, to: number): readonly Choice[] {
  const first: Choice = { user, what: 'nothing chosen', asked: -Infinity, answered: -Infinity, status: 'ONLINE' };
  const own = [first, ...choices.filter((choice) => choice.user === user)];
  return own.filter((choice, at) => {
    const next = own.slice(at + 1).find(({ answered }) => answered !== null);
    return choice.asked <= to && (next?.answered ?? Infinity) >= from;
  });
}

/** The status that has to be shown; null where it cannot be said. */
function folded(stays: readonly Stay[], choices: readonly Choice[], read: Read, bounds: Bounds): string | null {
  const [from, to] = [read.asked - bounds.settled, read.at + bounds.settled];
  const near = stays.filter(({ maybe }) => meets(maybe, from, to));
  const sure = near.filter((stay) => stay.sure !== null && covers(stay.sure, from, to));
  const chosen = inForce(choices, read.subject, from, to);
  const status = chosen[0]?.status ?? 'ONLINE';
  if (sure.length === 0 || sure.length !== near.length || chosen.length > 1) return null;
  if (status === 'INVISIBLE') return 'OFFLINE';
  if (status !== 'ONLINE') return status;
  if (sure.some(({ active }) => active === true)) return 'ONLINE';
  return sure.some(({ active }) => active === null) ? null : 'IDLE';
}

function* all(told: readonly Told[], reads: readonly Read[] | undefined): Iterable<Shown> {
  for (const one of told) if (!one.carried) yield one;
  yield* reads ?? [];
}

function* goesBack(views: readonly { at: number; status: string; lastSeen: number | null }[]): Found {
  let highest: { at: number; lastSeen: number } | null = null;
  for (const { at, status, lastSeen } of views) {
    if (lastSeen === null || status !== 'OFFLINE') continue;
    if (highest !== null && lastSeen < highest.lastSeen)
      yield { from: highest.at, to: at, why: `a last seen went back by ${highest.lastSeen - lastSeen} ms` };
    if (highest === null || lastSeen > highest.lastSeen) highest = { at, lastSeen };
  }
}

const byVersion = (own: readonly Published[]) => [...own].sort((a, b) => a.version - b.version);

function* moments(stays: readonly Stay[]): Iterable<{ user: string; at: number }> {
  for (const { user, maybe, sure } of stays)
    for (const at of [maybe.from, maybe.to, sure?.from, sure?.to]) if (at !== undefined) yield { user, at };
}

function* choicesOf(choices: readonly Choice[] | undefined): Iterable<{ user: string; at: number }> {
  for (const { user, asked } of choices ?? []) yield { user, at: asked };
}
