import { describe, expect, it } from 'vitest';

import { checkCustomStatus, checkPlatform } from './presence.input.js';
import type { CustomStatus, MessageInput } from './presence.types.js';

const refusal = (code: string): unknown => expect.objectContaining({ name: 'Refusal', code });
const withMessage = (message: MessageInput) => checkCustomStatus({ message }).message;

describe('a custom status as clients send it', () => {
  it('a text is trimmed, composed, and counted in code points', () => {
    expect(withMessage({ text: '  Cafe\u0301  ' })).toEqual({ text: 'Café', emoji: null, clearAfterMs: null });
    expect(withMessage({ text: '😀'.repeat(140) })?.text).toHaveLength(280);
  });

  it.each([
    ['an empty text', ''],
    ['only spaces', '   '],
    ['141 code points', 'x'.repeat(141)],
    ['a megabyte', 'x'.repeat(1_000_000)],
    ['a newline', 'a\nb'],
    ['a NUL', 'a\u0000b'],
    ['a bidi override', 'a\u202eb'],
    ['a bidi isolate', 'a\u2066b'],
    ['half a surrogate pair', 'a\ud800b'],
  ])('%s is refused', (_name, text) => {
    expect(() => withMessage({ text })).toThrow(refusal('BAD_USER_INPUT'));
  });

  it.each(['🎉', '👩‍👩‍👧‍👦', '🇹🇭', '1️⃣', '❤️', '❤', '👍🏽', ':coffee:', ':+1:'])('%s is an emoji', (emoji) => {
    expect(withMessage({ text: 'x', emoji })?.emoji).toBe(emoji);
  });

  it.each(['', 'x', '1', '🎉🎉', ':Coffee:', '::', `:${'a'.repeat(65)}:`, '🎉'.repeat(1000)])('%s is none', (emoji) => {
    expect(() => withMessage({ text: 'x', emoji })).toThrow(refusal('BAD_USER_INPUT'));
  });

  it.each([0, -1, 1.5, 31_536_001, Number.NaN])('clearing after %d seconds is refused', (clearAfterSeconds) => {
    expect(() => withMessage({ text: 'x', clearAfterSeconds })).toThrow(refusal('BAD_USER_INPUT'));
  });

  it('a message clears after seconds, or is kept', () => {
    expect(withMessage({ text: 'x', clearAfterSeconds: 31_536_000 })?.clearAfterMs).toBe(31_536_000_000);
    expect(withMessage({ text: 'x', clearAfterSeconds: null })?.clearAfterMs).toBeNull();
  });

  it('nothing to do, and a message together with its removal, are refused', () => {
    expect(() => checkCustomStatus({})).toThrow(refusal('BAD_USER_INPUT'));
    expect(() => checkCustomStatus({ status: null, clearMessage: false })).toThrow(refusal('BAD_USER_INPUT'));
    expect(() => checkCustomStatus({ message: { text: 'x' }, clearMessage: true })).toThrow(refusal('BAD_USER_INPUT'));
  });

  it('a status that does not exist is refused as such', () => {
    expect(() => checkCustomStatus({ status: 'BUSY' as CustomStatus })).toThrow(refusal('INVALID_STATUS'));
  });

  it('what is not mentioned is not changed', () => {
    expect(checkCustomStatus({ status: 'IDLE' })).toEqual({ status: 'IDLE' });
    expect(checkCustomStatus({ clearMessage: true })).toEqual({ message: null });
  });

  it('an unknown platform is UNKNOWN and no error', () => {
    expect(checkPlatform('FRIDGE' as 'WEB')).toBe('UNKNOWN');
    expect(checkPlatform(null)).toBe('UNKNOWN');
    expect(checkPlatform('WEB')).toBe('WEB');
  });
});
