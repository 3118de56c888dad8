import type { Audience, OnlineAudience, Privacy } from '@lamplight/client';
import { useContacts, usePrivacy, type MyPrivacy } from '@lamplight/client/react';

import { useTask } from './task.js';

const AUDIENCES: readonly (readonly [Audience, string])[] = [
  ['EVERYONE', 'Everyone'],
  ['CONTACTS', 'My contacts'],
  ['NOBODY', 'Nobody'],
];
const ONLINE_AUDIENCES: readonly (readonly [OnlineAudience, string])[] = [
  ...AUDIENCES,
  ['SAME_AS_LAST_SEEN', 'Same as last seen'],
];
const EXCEPTIONS = [
  ['none', 'As above'],
  ['always', 'Always sees me'],
  ['never', 'Never sees me'],
  ['blocked', 'Blocked'],
] as const;
type Exception = (typeof EXCEPTIONS)[number][0];

/** Who may see what. Every change is in force at once, for those who are watching as well. */
export function PrivacyPanel() {
  const mine = usePrivacy();
  const { people } = useContacts();
  const { busy, problem, run } = useTask();
  const { privacy, update } = mine;
  if (!privacy) return null;

  return (
    <div className="panel" aria-busy={busy}>
      <div className="row">
        <label className="grow">
          <span>Who sees when I was last here</span>
          <select
            value={privacy.lastSeen}
            onChange={(event) => run(() => update({ lastSeen: event.target.value as Audience }))}
          >
            {options(AUDIENCES)}
          </select>
        </label>
        <label className="grow">
          <span>Who sees me online</span>
          <select
            value={privacy.online}
            onChange={(event) => run(() => update({ online: event.target.value as OnlineAudience }))}
          >
            {options(ONLINE_AUDIENCES)}
          </select>
        </label>
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={privacy.coarseLastSeen}
          onChange={(event) => run(() => update({ coarseLastSeen: event.target.checked }))}
        />
        <span>Show “recently” to those who may not see the time</span>
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={privacy.typing}
          onChange={(event) => run(() => update({ typing: event.target.checked }))}
        />
        <span>
          Show when I type <small>Whoever hides it does not see others type</small>
        </span>
      </label>
      {people.length > 0 && (
        <fieldset className="exceptions">
          <legend>Exceptions</legend>
          {people.map(({ user }) => (
            <label key={user.id}>
              <span>{user.displayName}</span>
              <select
                value={exceptionFor(privacy, user.id)}
                onChange={(event) => run(() => except(mine, privacy, user.id, event.target.value as Exception))}
              >
                {options(EXCEPTIONS)}
              </select>
            </label>
          ))}
        </fieldset>
      )}
      {problem !== null && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

const options = (list: readonly (readonly [string, string])[]) =>
  list.map(([value, words]) => (
    <option key={value} value={value}>
      {words}
    </option>
  ));

function exceptionFor({ blockedUserIds, neverUserIds, alwaysUserIds }: Privacy, id: string): Exception {
  if (blockedUserIds.includes(id)) return 'blocked';
  if (neverUserIds.includes(id)) return 'never';
  return alwaysUserIds.includes(id) ? 'always' : 'none';
}

async function except(mine: MyPrivacy, privacy: Privacy, id: string, exception: Exception): Promise<void> {
  const without = (ids: readonly string[]) => ids.filter((one) => one !== id);
  if (exception === 'blocked') return void (await mine.block(id));
  if (privacy.blockedUserIds.includes(id)) await mine.unblock(id);
  await mine.update({
    alwaysUserIds: [...without(privacy.alwaysUserIds), ...(exception === 'always' ? [id] : [])],
    neverUserIds: [...without(privacy.neverUserIds), ...(exception === 'never' ? [id] : [])],
  });
}
