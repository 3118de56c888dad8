import { formatStatus, type Presence } from '@lamplight/client';
import { useConnection, useContacts, useLastSeen } from '@lamplight/client/react';
import { useId } from 'react';

import { Avatar } from './avatar.js';
import { Devices } from './icons.js';

/** One's contacts as one may see them. */
export function People() {
  const { people, loading, error } = useContacts();
  const { status } = useConnection();
  const label = useId();
  const online = people.filter(({ isOnline }) => isOnline).length;

  return (
    <section className="card people" aria-labelledby={label} data-stale={status !== 'connected'}>
      <header>
        <h3 id={label}>Contacts</h3>
        {!loading && <span className="count">{online} online</span>}
      </header>
      {error && <p className="notice bad">The list cannot be shown: {error.message}</p>}
      {loading && <Placeholders />}
      {!loading && !error && people.length === 0 && <p className="empty">No contacts yet.</p>}
      <ul>
        {people.map((presence) => (
          <Contact key={presence.userId} presence={presence} />
        ))}
      </ul>
    </section>
  );
}

function Contact({ presence }: { readonly presence: Presence }) {
  const { user, status, message, platforms } = presence;
  const lastSeen = useLastSeen(presence);
  return (
    <li className="contact" data-user={user.id} data-status={status}>
      <Avatar name={user.displayName} status={status} />
      <span className="who-and-what">
        <span className="name">
          {user.displayName} <Devices platforms={platforms} />
        </span>
        <span className="line">
          <span className="status">{status === 'OFFLINE' ? capital(lastSeen) : formatStatus(status)}</span>
          {message && (
            <span className="message">
              {message.emoji} {message.text}
            </span>
          )}
        </span>
      </span>
    </li>
  );
}

function Placeholders() {
  return (
    <div className="placeholders" role="status">
      <span className="sr-only">Loading contacts</span>
      <span aria-hidden="true" />
      <span aria-hidden="true" />
    </div>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
