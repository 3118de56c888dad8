import type { Account, HolderAccount } from '../engine/engine.js';
import type { Deadline } from './explain.types.js';

/** The rule that decides what others are shown, in words; the first that applies. `idleAfterMs`: IDLE_AFTER_MS. */
export function ruleOf(account: Account, idleAfterMs: number): string {
  const { truth, custom, holders, graceEndsAt } = account;
  if (truth === null || custom === null) return 'Offline: nothing holds presence, and everything about it is stored';
  const counting = holders.filter(({ counts }) => counts);
  if (custom.whileActive === 'OFFLINE') return `Invisible by choice, with ${many(counting.length, 'live hold')}`;
  if (counting.length === 0) return withoutHolds(truth.status, holders.length, graceEndsAt);
  const active = counting.filter((holder) => holder.active);
  if (custom.whileActive === 'DO_NOT_DISTURB')
    return 'Do Not Disturb by choice, for as long as something holds presence';
  if (custom.whileActive === 'IDLE') return 'Idle by choice, for as long as something holds presence';
  if (active.length > 0) return `Online: ${active.length} of ${many(counting.length, 'hold')} active`;
  const idle = counting.filter((holder) => holder.idle).length;
  return `Idle: of ${many(counting.length, 'hold')} ${idle} said so, the others saw no activity for ${idleAfterMs} ms`;
}

function withoutHolds(status: string, detached: number, graceEndsAt: number | null): string {
  if (status !== 'OFFLINE' && graceEndsAt !== null)
    return `${status} in grace: the last hold has gone, and may come back`;
  if (status !== 'OFFLINE') return `${status} until the next sweep: nothing holds presence any more`;
  if (detached > 0) return `Offline by leaving, until a heartbeat over ${many(detached, 'open connection')}`;
  return 'Offline: nothing holds presence';
}

/** What time alone will do, soonest first. */
export function deadlinesOf(account: Account, idleAfterMs: number): Deadline[] {
  const { now, truth, holders, graceEndsAt, lookAt } = account;
  const expiresAt = truth?.message?.expiresAt ?? null;
  const deadlines = [
    ...holders.flatMap((holder) => ofHolder(holder, idleAfterMs)),
    ...at(graceEndsAt, 'the grace of the last departure ends'),
    ...at(expiresAt, 'the message is cleared'),
    ...at(lookAt, 'the engine looks again at the latest'),
  ];
  return deadlines.filter((deadline) => deadline.at.getTime() >= now).sort((a, b) => a.at.getTime() - b.at.getTime());
}

function ofHolder({ kind, id, active, counts, activeAt, endsAt }: HolderAccount, idleAfterMs: number): Deadline[] {
  const name = `${kind} ${id === '' ? 'without a name' : id}`;
  return [
    ...at(endsAt, `${name} ends without another heartbeat`),
    ...at(active && counts && activeAt !== null ? activeAt + idleAfterMs : null, `${name} turns inactive`),
  ];
}

const at = (time: number | null, what: string): Deadline[] => (time === null ? [] : [{ at: new Date(time), what }]);

const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
