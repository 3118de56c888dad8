import { formatTyping } from '@lamplight/client';
import { useConnection, useMyStatus, useTyping } from '@lamplight/client/react';
import { useEffect, useId, useRef, useState } from 'react';

import { LOBBY, send, useMessages } from './messages.js';

/** The lobby, in which everybody is. */
export function Conversation() {
  const { me } = useMyStatus();
  const { typists, start, stop } = useTyping(LOBBY);
  const { status } = useConnection();
  const messages = useMessages();
  const [text, setText] = useState('');
  const end = useRef<HTMLOListElement>(null);
  const label = useId();
  const name = me?.user.displayName ?? '';

  useEffect(() => {
    end.current?.scrollTo({ top: end.current.scrollHeight });
  }, [messages]);

  const submit = () => {
    if (text.trim() === '') return;
    stop();
    send(name, text.trim());
    setText('');
  };

  return (
    <section className="card conversation" aria-labelledby={label}>
      <header>
        <h3 id={label}>Lobby</h3>
      </header>
      <ol ref={end} tabIndex={0} aria-label="Messages in the lobby">
        {messages.length === 0 && <li className="empty">Nothing said yet. Type below and look at the other screen.</li>}
        {messages.map(({ id, from, text: said }) => (
          <li key={id} className={from === name ? 'said mine' : 'said'}>
            <b>{from}</b> <span>{said}</span>
          </li>
        ))}
      </ol>
      <p className="typing" role="status" data-typing={typists.length > 0}>
        {typists.length > 0 && <Dots />}
        {formatTyping(typists)}
      </p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <label className="grow">
          <span className="sr-only">Message as {name}</span>
          {/* No stop when the field is left, as an app would have it: here one person types in several panes. */}
          <input
            value={text}
            placeholder="Say something"
            autoComplete="off"
            onChange={(event) => {
              setText(event.target.value);
              if (event.target.value === '') stop();
              else start();
            }}
          />
        </label>
        <button type="submit" className="primary" disabled={text.trim() === '' || status !== 'connected'}>
          Send
        </button>
      </form>
    </section>
  );
}

const Dots = () => (
  <span className="dots" aria-hidden="true">
    <i />
    <i />
    <i />
  </span>
);
