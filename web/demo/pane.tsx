import type { Platform } from '@lamplight/client';
import { LamplightProvider } from '@lamplight/client/react';
import { useId, useState } from 'react';

import { ConnectionBar } from './connection.js';
import { Conversation } from './conversation.js';
import { Myself } from './myself.js';
import { People } from './people.js';
import { nameOf, PEOPLE, useSession, type PersonId } from './session.js';

const DEVICES: readonly (readonly [Platform, string])[] = [
  ['WEB', 'in a browser'],
  ['MOBILE', 'on a phone'],
  ['DESKTOP', 'on a desktop'],
];

interface PaneProps {
  readonly number: number;
  readonly person: PersonId;
  readonly onPerson: (person: PersonId) => void;
}

/** One person's screen. */
export function Pane({ number, person, onPerson }: PaneProps) {
  const [device, setDevice] = useState<Platform>('WEB');
  const { session, problem } = useSession(person, device);
  const label = useId();

  return (
    <section className="pane" aria-labelledby={label}>
      <div className="pane-head">
        <h2 id={label} className="sr-only">
          Screen {number}: {nameOf(person)}
        </h2>
        <label>
          <span className="sr-only">Who is at screen {number}</span>
          <select className="who" value={person} onChange={(event) => onPerson(event.target.value as PersonId)}>
            {PEOPLE.map((one) => (
              <option key={one} value={one}>
                {nameOf(one)}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span className="sr-only">Device of screen {number}</span>
          <select className="device" value={device} onChange={(event) => setDevice(event.target.value as Platform)}>
            {DEVICES.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
      </div>
      {problem !== null && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
      {session && (
        <LamplightProvider client={session.client}>
          <ConnectionBar onPull={session.pullThePlug} />
          <Myself />
          <People />
          <Conversation />
        </LamplightProvider>
      )}
    </section>
  );
}
