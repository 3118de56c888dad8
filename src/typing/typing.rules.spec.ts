import { describe, expect, it } from 'vitest';

import { sendable } from './typing.rules.js';

const start = (expiresAt: number) => ({ conversationId: 'c', userId: 'u', isTyping: true, expiresAt });
const stop = { conversationId: 'c', userId: 'u', isTyping: false, expiresAt: null };

describe('what a watcher is sent of a typist', () => {
  it.each([
    ['a beginning', start(5), true, undefined, 'START'],
    ['a refresh with a new end', start(9), true, 5, 'START'],
    ['the same once more', start(5), true, 5, 'NOTHING'],
    ['a beginning that is hidden', start(5), false, undefined, 'NOTHING'],
    ['a typist who hides meanwhile has stopped', start(9), false, 5, 'STOP'],
    ['the end', stop, true, 5, 'STOP'],
    ['the end, hidden meanwhile', stop, false, 5, 'STOP'],
    ['the end of what was only queried', stop, true, undefined, 'STOP'],
    ['the end of what was never shown', stop, false, undefined, 'NOTHING'],
  ] as const)('%s', (_name, event, allowed, toldUntil, sent) => {
    expect(sendable(event, allowed, toldUntil)).toBe(sent);
  });
});
