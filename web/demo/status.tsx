import type { CustomStatus } from '@lamplight/client';
import { useMyStatus } from '@lamplight/client/react';
import { useId, useState } from 'react';

import { StatusDot } from './icons.js';
import { useTask } from './task.js';

const CHOICES: readonly (readonly [CustomStatus, string, string])[] = [
  ['ONLINE', 'Online', 'Away when nothing moves'],
  ['IDLE', 'Away', 'Here, but not at the keys'],
  ['DO_NOT_DISTURB', 'Do not disturb', 'Seen, not to be called'],
  ['INVISIBLE', 'Invisible', 'Others see you offline'],
];
const IDEAS = [
  ['🗓️', 'In a meeting'],
  ['🍜', 'Lunch'],
  ['🎧', 'Focus'],
  ['🌴', 'On holiday'],
] as const;
const CLEAR_AFTER = [
  [0, 'Keep it'],
  [10, 'After 10 seconds'],
  [1800, 'After 30 minutes'],
  [4 * 3600, 'After 4 hours'],
] as const;

export function StatusPanel() {
  const { me, customStatus, setStatus } = useMyStatus();
  const { busy, problem, run } = useTask();
  const [text, setText] = useState(me?.presence.message?.text ?? '');
  const [emoji, setEmoji] = useState(me?.presence.message?.emoji ?? '');
  const [clearAfter, setClearAfter] = useState(0);
  // Shown at once: an arrow key that comes before the answer goes on from what was chosen.
  const [chosen, setChosen] = useState<CustomStatus | null>(null);
  const group = useId();

  const choose = (status: CustomStatus) => {
    setChosen(status);
    run(() => setStatus({ status }).finally(() => setChosen((latest) => (latest === status ? null : latest))));
  };

  const save = () =>
    run(() =>
      setStatus({
        message: { text, emoji: emoji === '' ? null : emoji, clearAfterSeconds: clearAfter === 0 ? null : clearAfter },
      }),
    );
  const clear = () => {
    setText('');
    setEmoji('');
    run(() => setStatus({ clearMessage: true }));
  };

  return (
    <div className="panel" aria-busy={busy}>
      <fieldset className="choices">
        <legend>Show me as</legend>
        {CHOICES.map(([value, name, meaning]) => (
          <label key={value}>
            <input
              type="radio"
              name={group}
              checked={(chosen ?? customStatus) === value}
              onChange={() => choose(value)}
            />
            <StatusDot status={value === 'INVISIBLE' ? 'OFFLINE' : value} />
            <span>
              {name} <small>{meaning}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <div className="ideas" role="group" aria-label="Ideas for a message">
          {IDEAS.map(([face, words]) => (
            <button
              key={words}
              type="button"
              className="chip"
              onClick={() => {
                setText(words);
                setEmoji(face);
              }}
            >
              <span aria-hidden="true">{face}</span> {words}
            </button>
          ))}
        </div>
        <div className="row">
          <label className="emoji">
            <span>Emoji</span>
            <input value={emoji} onChange={(event) => setEmoji(event.target.value)} maxLength={66} />
          </label>
          <label className="grow">
            <span>Message</span>
            <input
              value={text}
              onChange={(event) => setText(event.target.value)}
              maxLength={280}
              placeholder="What are you up to?"
            />
          </label>
        </div>
        <div className="row end">
          <label className="grow">
            <span>Clear</span>
            <select value={clearAfter} onChange={(event) => setClearAfter(Number(event.target.value))}>
              {CLEAR_AFTER.map(([seconds, words]) => (
                <option key={seconds} value={seconds}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          {me?.presence.message && (
            <button type="button" onClick={clear}>
              Clear now
            </button>
          )}
          <button type="submit" className="primary" disabled={text.trim() === ''}>
            Set message
          </button>
        </div>
      </form>
      {problem !== null && (
        <p className="notice bad" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
