import { createLamplightClient, type Platform } from '@lamplight/client';
import { useEffect } from 'react';

import { LOBBY, send } from './messages.js';
import { nameOf, tokenFor, type PersonId } from './session.js';

interface Habits {
  readonly platform: Platform;
  readonly emoji: string;
  readonly text: string;
  readonly lines: readonly string[];
}

const HABITS: { readonly [person in PersonId]: Habits } = {
  alice: { platform: 'DESKTOP', emoji: '☕', text: 'Coffee first', lines: ['Morning!', 'Who has the agenda?'] },
  bob: { platform: 'WEB', emoji: '🎧', text: 'Focus', lines: ['On it.', 'Give me ten minutes.'] },
  carol: {
    platform: 'MOBILE',
    emoji: '🚆',
    text: 'On the train',
    lines: ['Tunnel, back in a moment', 'Noodles, anyone?'],
  },
  dave: { platform: 'DESKTOP', emoji: '🐛', text: 'Hunting a bug', lines: ['Found it!', 'It was the clock. Again.'] },
  erin: {
    platform: 'WEB',
    emoji: '📝',
    text: 'Writing things up',
    lines: ['Notes are out.', 'Second page needs eyes'],
  },
  frank: {
    platform: 'MOBILE',
    emoji: '🌴',
    text: 'Half on holiday',
    lines: ['The sea says hi', 'Twelve works for me'],
  },
};

const KEY_EVERY_MS = 300;
const CLEAR_AFTER_SECONDS = 600;

/** People who have no pane come to the lobby on devices of their own, type, say something, and pause. */
export function useCrowd(people: readonly PersonId[]): void {
  const who = people.join(' ');
  useEffect(() => {
    const stops = (who === '' ? [] : (who.split(' ') as PersonId[])).map(enter);
    return () => stops.forEach((stop) => stop());
  }, [who]);
}

function enter(person: PersonId): () => void {
  const { platform, emoji, text, lines } = HABITS[person];
  const client = createLamplightClient({ url: '/', platform, token: () => tokenFor(person) });
  const typing = client.typing(LOBBY);
  let turn = 0;
  let keys: ReturnType<typeof setInterval> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const type = () => {
    keys = setInterval(typing.typed, KEY_EVERY_MS);
    timer = setTimeout(say, between(4000, 8000));
  };
  const say = () => {
    clearInterval(keys);
    typing.stopped();
    send(nameOf(person), lines[turn++ % lines.length] ?? '');
    timer = setTimeout(type, between(3000, 9000));
  };
  const message = { emoji, text, clearAfterSeconds: CLEAR_AFTER_SECONDS };
  // Without it they are there all the same.
  client.myself.setStatus({ message }).catch(() => {});
  type();
  return () => {
    clearInterval(keys);
    clearTimeout(timer);
    client.dispose();
  };
}

const between = (least: number, most: number) => least + Math.random() * (most - least);
