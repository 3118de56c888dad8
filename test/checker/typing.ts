import { covers, groupBy, invariant, type Around, type Found } from './invariant.js';
import { possible } from './privacy.js';
import type { Member, Request, Typing } from './record.js';

/** Typing is short, and for members only. */
export const typing = [
  invariant(
    'S11',
    'Typing ends soon after it stops, and is told only to members who may know it.',
    ['typings', 'members'],
    function* ({ typings, members }, around) {
      for (const one of typings) if (one.isTyping) yield* uncalledFor(one, members, around);
      const told = groupBy(typings, (one) => `${one.stream} ${one.conversation} ${one.user}`);
      for (const own of told.values()) {
        const { stream, viewer, conversation, user } = own[0] ?? NOBODY;
        const known = { from: 0, to: heardUntil(typings, stream, around) };
        const heard = members.filter((member) => member.conversation === conversation && member.user === viewer);
        // Who left the conversation, or whose stream ended, hears no end.
        const hears = (from: number, to: number) =>
          covers(known, from, to) && heard.some((member) => covers(member, from, to));
        const { typing: longest, typingStop } = around.bounds;
        for (const [index, one] of own.entries()) {
          const next = own[index + 1]?.at ?? Infinity;
          if (one.isTyping && next > one.at + longest && hears(one.at, one.at + longest))
            yield { from: one.at, to: one.at + longest, why: `${user} types for ever, to ${viewer}` };
        }
        for (const { answered: at } of stopsOf(around.facts.stops, conversation, user)) {
          const last = own.findLast((one) => one.at <= at + typingStop);
          if (last?.isTyping && last.at <= at && hears(last.at, at + typingStop))
            yield { from: at, to: at + typingStop, why: `${user} stopped typing and ${viewer} was not told` };
        }
      }
    },
  ),
];

function* uncalledFor(one: Typing, members: readonly Member[], { bounds, facts }: Around): Found {
  for (const who of [one.viewer, one.user]) {
    const own = members.filter((member) => member.conversation === one.conversation && member.user === who);
    if (!own.some(({ from, to }) => covers({ from, to: to + bounds.typingPrivacy }, one.at, one.at)))
      yield { from: one.at, to: one.at, why: `typing was told, and ${who} is no member of ${one.conversation}` };
  }
  const from = one.at - bounds.typingPrivacy;
  const may = possible(facts.rules ?? [], one.user, one.viewer, from, one.at);
  if (!may.some((allows) => allows.typing))
    yield { from, to: one.at, why: `${one.viewer} may not know that ${one.user} types` };
}

/** What a run that has ended, or a stream that has, does not tell of is not known. */
function heardUntil(typings: readonly Typing[], stream: number, { facts }: Around): number {
  const closed = facts.closings?.find((closing) => closing.stream === stream)?.at ?? Infinity;
  return Math.min(closed, Math.max(typings.at(-1)?.at ?? 0, facts.quiet?.at ?? 0));
}

function stopsOf(stops: readonly Request[] | undefined, conversation: string, user: string) {
  const own = (stops ?? []).filter((stop) => stop.user === user && stop.what === conversation);
  return own.flatMap(({ answered }) => (answered === null ? [] : [{ answered }]));
}

const NOBODY = { stream: 0, viewer: '', conversation: '', user: '' };
