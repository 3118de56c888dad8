import { covers, groupBy, invariant, pairs } from './invariant.js';
import type { Durable, Told } from './record.js';

/** What was acknowledged is kept, once. */
export const durability = [
  invariant(
    'D1',
    'A choice that was acknowledged is found again, whatever has died since.',
    ['durables', 'kept'],
    function* ({ durables, kept }) {
      const byUser = groupBy(durables, ({ user, kind }) => `${user} ${kind}`);
      for (const found of kept) {
        const own = byUser.get(`${found.user} ${found.kind}`) ?? [];
        const last = own.findLast((one) => isAcked(one) && (one.answered ?? Infinity) <= found.at);
        if (!last) continue;
        // Whatever was asked for while or after it was answered may have replaced it.
        const may = own.filter(
          (one) => one === last || (one.asked <= found.at && (one.answered ?? Infinity) > last.asked),
        );
        if (may.some(({ value }) => value === found.value)) continue;
        yield {
          from: last.asked,
          to: found.at,
          why: `${found.kind} ${last.value} of ${found.user} became ${found.value}`,
        };
      }
    },
  ),
  invariant(
    'D2',
    'When it is quiet, the stored last seen is the newest that anybody was told.',
    ['told', 'storedSeen'],
    function* ({ told, storedSeen }, { facts }) {
      const forgotten = (at: number) => facts.forgotten?.some((span) => covers(span, at, at)) ?? false;
      const stored = new Map(storedSeen.map((one) => [one.user, one]));
      for (const [user, views] of groupBy(told, ({ subject }) => subject)) {
        const last = stored.get(user);
        if (!last) continue;
        const seen = views.filter(
          ({ at, status, lastSeen }) => status === 'OFFLINE' && lastSeen !== null && at <= last.at && !forgotten(at),
        );
        const newest = Math.max(...seen.map(({ lastSeen }) => lastSeen ?? 0));
        if (seen.length > 0 && last.lastSeen < newest)
          yield {
            from: newest,
            to: last.at,
            why: `the last seen of ${user} is stored ${newest - last.lastSeen} ms too early`,
          };
      }
    },
  ),
  invariant('D3', 'A stored last seen never goes back.', ['storedSeen'], function* ({ storedSeen }) {
    for (const own of groupBy(storedSeen, ({ user }) => user).values())
      for (const [before, one] of pairs(own))
        if (one.lastSeen < before.lastSeen) yield { from: before.at, to: one.at, why: `${one.user}: it went back` };
  }),
  invariant(
    'D4',
    'The audit has one row for each acknowledged change, and none for one that failed.',
    ['durables', 'audits'],
    function* ({ durables, audits }) {
      const rows = groupBy(audits, keyOf);
      for (const [key, own] of groupBy(durables, keyOf)) {
        const least = own.filter(isAcked).length;
        const most = own.filter(({ refused }) => !refused).length;
        const count = rows.get(key)?.length ?? 0;
        if (count >= least && count <= most) continue;
        const [first] = own;
        const times = own.flatMap(({ asked, answered }) => [asked, answered ?? asked]);
        yield { from: first?.asked ?? 0, to: Math.max(...times), why: `${key}: ${count} rows for ${least} changes` };
      }
    },
  ),
  invariant(
    'D5',
    'A message is not shown after its end, and is cleared once.',
    ['expiries', 'told'],
    function* ({ expiries, told }, { bounds, facts }) {
      for (const { user, text, expiresAt } of expiries) {
        const over = expiresAt + bounds.expiry;
        const shows = ({ face }: { face: string }) => face.includes(text);
        const late = [...told, ...(facts.reads ?? [])].find(
          (one) => one.subject === user && one.at > over && shows(one),
        );
        if (late) yield { from: over, to: late.at, why: `${user} still says ${text} to ${late.viewer}` };
        for (const views of groupBy(told, ({ stream }) => `${stream}`).values()) {
          const own = views.filter(({ subject }) => subject === user);
          // Before its end it may come and go with its owner.
          const ended = ([before, one]: readonly [Told, Told]) => one.at >= expiresAt && shows(before) && !shows(one);
          const cleared = [...pairs(own)].filter(ended);
          const [first, second] = cleared;
          if (first && second)
            yield { from: first[1].at, to: second[1].at, why: `${text} of ${user} was cleared twice` };
        }
      }
    },
  ),
];

const isAcked = (one: Durable) => one.answered !== null && !one.refused;
const keyOf = ({ user, kind }: { user: string; kind: string }) => `${kind} of ${user}`;
