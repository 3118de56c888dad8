import type { Audience, Policy, Stance, Verdict } from './privacy.types.js';

/** What a user has who never touched a setting. */
export const DEFAULT_POLICY: Policy = { lastSeen: 'EVERYONE', online: 'EVERYONE', coarseLastSeen: false, typing: true };

/** Everything a verdict depends on. */
export interface Pair {
  readonly subject: {
    readonly policy: Policy;
    readonly stance: Stance;
    /** Others see the subject OFFLINE whatever they do; what is left to hide is that they type. */
    readonly invisible: boolean;
  };
  readonly viewer: { readonly policy: Policy; readonly stance: Stance };
}

export const ABOUT_ONESELF: Verdict = { online: true, lastSeen: true, bucket: 'NONE', typing: true };
/** What is answered when a verdict cannot be had. */
export const HIDDEN: Verdict = { online: false, lastSeen: false, bucket: 'NONE', typing: false };

/**
 * What one viewer may know of one subject. The only place that decides it.
 * A block works both ways and beats everything; `never` beats `always`, `always` beats the audience; the last seen is
 * for those who may see both; with `reciprocal` nobody sees of another what that other may not see of them.
 */
export function judge({ subject, viewer }: Pair, reciprocal: boolean): Verdict {
  const { coarseLastSeen } = subject.policy;
  // A blocked viewer is answered like any other who may not see: the bucket must not tell the two apart.
  if (subject.stance.blocked || viewer.stance.blocked) {
    return coarseLastSeen ? { ...HIDDEN, bucket: 'LONG_AGO' } : HIDDEN;
  }
  const shown = reveals(subject.policy, subject.stance);
  const returned = reciprocal ? reveals(viewer.policy, viewer.stance) : EVERYTHING;
  const online = shown.online && returned.online;
  const lastSeen = online && shown.lastSeen && returned.lastSeen;
  return {
    online,
    lastSeen,
    bucket: !coarseLastSeen || lastSeen ? 'NONE' : online ? 'TRUE' : 'LONG_AGO',
    typing: online && subject.policy.typing && viewer.policy.typing && !subject.invisible,
  };
}

const EVERYTHING = { online: true, lastSeen: true };

/** What the owner of the policy shows to the one whom the stance is about. */
function reveals(policy: Policy, stance: Stance): { online: boolean; lastSeen: boolean } {
  const online = admits(policy.online === 'SAME_AS_LAST_SEEN' ? policy.lastSeen : policy.online, stance);
  return { online, lastSeen: online && admits(policy.lastSeen, stance) };
}

/** Whether it matters when the subject was last there. */
export function showsTimes(verdict: Verdict): boolean {
  return verdict.lastSeen || verdict.bucket === 'TRUE';
}

function admits(audience: Audience, stance: Stance): boolean {
  if (stance.never) return false;
  if (stance.always) return true;
  return audience === 'EVERYONE' || (audience === 'CONTACTS' && stance.contact);
}
