import { Logger } from '@nestjs/common';

import { SystemClock } from '../clock.js';

/** What is worth a line and may happen a thousand times a second, by attack or by outage. */
const NOTICES = {
  auth: { context: 'Auth', summary: 'tokens refused' },
  service: { context: 'Auth', summary: 'service tokens refused' },
  origin: { context: 'Handshake', summary: 'origins refused' },
  handshake: { context: 'Handshake', summary: 'handshakes refused' },
  limit: { context: 'Limits', summary: 'calls over a limit' },
  slow: { context: 'Session', summary: 'connections of slow readers cut' },
  fence: { context: 'Engine', summary: 'lives of this instance given up by the others' },
} as const;

export type NoticeKind = keyof typeof NOTICES;

/** One line of each kind in so long; the next one counts those that were left out. */
const EVERY_MS = 60_000;

const clock = new SystemClock();
const kept = new Map<NoticeKind, { toldAt: number; untold: number }>();

/** Tells the log, or only counts where it was told just now. The sentence holds nothing secret, and nobody's last seen. */
export function notice(kind: NoticeKind, sentence: string): void {
  const now = clock.monotonic();
  const state = kept.get(kind) ?? { toldAt: -Infinity, untold: 0 };
  kept.set(kind, state);
  if (now - state.toldAt < EVERY_MS) {
    state.untold += 1;
    return;
  }
  const { context, summary } = NOTICES[kind];
  const before = state.untold > 0 ? ` (before it ${state.untold} more ${summary})` : '';
  state.toldAt = now;
  state.untold = 0;
  new Logger(context).warn(`${sentence}${before}`);
}
