import type { UserStatus } from '@lamplight/client';

import { StatusDot } from './icons.js';

interface AvatarProps {
  readonly name: string;
  readonly status: UserStatus;
  readonly large?: boolean;
}

/** Lit while somebody is there. What it shows is told in words beside it. */
export function Avatar({ name, status, large = false }: AvatarProps) {
  const hue = [...name].reduce((sum, letter) => (sum * 349 + (letter.codePointAt(0) ?? 0)) % 360, 0);
  return (
    <span
      className={large ? 'avatar large' : 'avatar'}
      data-status={status}
      style={{ '--hue': hue } as React.CSSProperties}
      aria-hidden="true"
    >
      <span className="face">{name.charAt(0).toUpperCase()}</span>
      <StatusDot status={status} />
    </span>
  );
}
