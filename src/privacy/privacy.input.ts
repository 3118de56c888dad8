import { badInput } from '../kernel/errors.js';
import { checkIds } from '../kernel/input.js';
import { AUDIENCES, ONLINE_AUDIENCES, type PrivacyInput, type PrivacySettings } from './privacy.types.js';

const LIST_MAX = 1000;

/** `true` opens only what is closed to everybody; it never widens CONTACTS. */
export function followShorthand(
  before: PrivacySettings['lastSeen'],
  shown: boolean | null,
): PrivacySettings['lastSeen'] {
  if (shown === null) return before;
  if (!shown) return 'NOBODY';
  return before === 'NOBODY' ? 'EVERYONE' : before;
}

/** Null where nothing is asked to change. Refuses BAD_USER_INPUT. */
export function checkInput(ownId: string, input: PrivacyInput) {
  const checked = {
    showLastSeen: input.showLastSeen ?? null,
    lastSeen: input.lastSeen ?? null,
    online: input.online ?? null,
    coarseLastSeen: input.coarseLastSeen ?? null,
    typing: input.typing ?? null,
    alwaysUserIds: checkList(ownId, input.alwaysUserIds, 'alwaysUserIds'),
    neverUserIds: checkList(ownId, input.neverUserIds, 'neverUserIds'),
  };
  if (checked.lastSeen && !AUDIENCES.includes(checked.lastSeen)) throw badInput('lastSeen is not an audience');
  if (checked.online && !ONLINE_AUDIENCES.includes(checked.online)) throw badInput('online is not an audience');
  if (
    checked.showLastSeen !== null &&
    checked.lastSeen !== null &&
    checked.showLastSeen !== (checked.lastSeen !== 'NOBODY')
  ) {
    throw badInput('showLastSeen and lastSeen disagree');
  }
  return checked;
}

function checkList(ownId: string, ids: readonly string[] | null | undefined, what: string): string[] | null {
  if (!ids) return null;
  return [...new Set(checkIds(ids, what, LIST_MAX))].filter((id) => id !== ownId);
}
