import { formatStatus, type Me } from '@lamplight/client';
import { useConnection, useMyStatus } from '@lamplight/client/react';
import { useId, useState } from 'react';

import { Avatar } from './avatar.js';
import { Devices } from './icons.js';
import { PrivacyPanel } from './privacy.js';
import { StatusPanel } from './status.js';
import { useTask } from './task.js';

type Panel = 'status' | 'privacy';

/** How others see this person, and what they may change about it. */
export function Myself() {
  const { me, error, away, goOffline, comeBack } = useMyStatus();
  const { status } = useConnection();
  const { problem, run } = useTask();
  const [open, setOpen] = useState<Panel | null>(null);
  const panel = useId();
  const toggle = (name: Panel) => setOpen(open === name ? null : name);

  if (!me)
    return error ? <p className="notice bad">{error.message}</p> : <div className="card skeleton" aria-hidden="true" />;
  return (
    <section
      className="card myself"
      aria-label={`${me.user.displayName}’s own status`}
      data-stale={status !== 'connected'}
    >
      <div className="me">
        <Avatar name={me.user.displayName} status={me.presence.status} large />
        <div className="who-and-what">
          <span className="name">
            {me.user.displayName} <Devices platforms={me.presence.platforms} />
          </span>
          <span className="line">{ownWords(me, away)}</span>
          {me.presence.message && (
            <span className="message">
              {me.presence.message.emoji} {me.presence.message.text}
            </span>
          )}
        </div>
      </div>
      <div className="toolbar">
        <button type="button" aria-expanded={open === 'status'} aria-controls={panel} onClick={() => toggle('status')}>
          Status
        </button>
        <button
          type="button"
          aria-expanded={open === 'privacy'}
          aria-controls={panel}
          onClick={() => toggle('privacy')}
        >
          Privacy
        </button>
        <button type="button" aria-pressed={away} onClick={() => (away ? comeBack() : run(goOffline))}>
          {away ? 'Come back' : 'Go offline'}
        </button>
      </div>
      {problem !== null && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
      <div id={panel} className="panel-place" hidden={open === null}>
        {open === 'status' && <StatusPanel />}
        {open === 'privacy' && <PrivacyPanel />}
      </div>
    </section>
  );
}

function ownWords({ customStatus, presence }: Me, away: boolean): string {
  if (away) return 'Offline on every device, still watching';
  if (customStatus === 'INVISIBLE') return 'Invisible: others see you offline';
  return formatStatus(presence.status);
}
