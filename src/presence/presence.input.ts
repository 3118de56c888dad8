import { PLATFORMS, type Platform } from '../kernel/caller.js';
import { badInput, Refusal } from '../kernel/errors.js';
import type { CustomChange } from './presence.repository.js';
import { CUSTOM_STATUSES, type CustomStatus, type CustomStatusInput, type MessageInput } from './presence.types.js';

const TEXT_MAX = 140;
const CLEAR_AFTER_MAX_S = 31_536_000;

// Control and format-override characters, line separators and halves of a surrogate pair.
const UNFIT_TEXT = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const SHORTCODE = /^:[a-z0-9_+-]{1,64}:$/;
const EMOJI = new RegExp('^(?:\\p{RGI_Emoji}|\\p{Extended_Pictographic}\\uFE0F?)$', 'v');
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Refuses BAD_USER_INPUT for what cannot be stored, and INVALID_STATUS for a status that does not exist. */
export function checkCustomStatus(input: CustomStatusInput): CustomChange {
  const { status, message, clearMessage } = input;
  if (message && clearMessage) throw badInput('Either message or clearMessage, not both');
  if (!status && !message && !clearMessage) throw badInput('Nothing to change');
  return {
    ...(status && { status: checkStatus(status) }),
    ...(message && { message: checkMessage(message) }),
    ...(clearMessage && { message: null }),
  };
}

export function checkPlatform(platform: Platform | null | undefined): Platform {
  return platform && PLATFORMS.includes(platform) ? platform : 'UNKNOWN';
}

function checkStatus(status: CustomStatus): CustomStatus {
  if (!CUSTOM_STATUSES.includes(status)) throw new Refusal('INVALID_STATUS', 'No such status');
  return status;
}

function checkMessage(input: MessageInput): NonNullable<CustomChange['message']> {
  const trimmed = input.text.trim();
  // Length first: normalising is not free, and no text of 140 code points is longer than this before it.
  if (trimmed.length > 16 * TEXT_MAX) throw badInput(`The text takes 1 to ${TEXT_MAX} characters`);
  const text = trimmed.normalize('NFC');
  const { length } = [...text];
  if (length < 1 || length > TEXT_MAX) throw badInput(`The text takes 1 to ${TEXT_MAX} characters`);
  if (UNFIT_TEXT.test(text)) throw badInput('The text has characters that are not allowed');
  return { text, emoji: checkEmoji(input.emoji ?? null), clearAfterMs: checkClearAfter(input.clearAfterSeconds) };
}

function checkEmoji(emoji: string | null): string | null {
  if (emoji === null || SHORTCODE.test(emoji)) return emoji;
  // No emoji of Unicode is longer than a dozen code units or two; the bound keeps the segmenter short.
  if (emoji.length > 64 || [...graphemes.segment(emoji)].length !== 1 || !EMOJI.test(emoji)) {
    throw badInput('The emoji is one emoji or a :shortcode:');
  }
  return emoji;
}

function checkClearAfter(seconds: number | null | undefined): number | null {
  if (seconds === null || seconds === undefined) return null;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > CLEAR_AFTER_MAX_S) {
    throw badInput(`clearAfterSeconds is from 1 to ${CLEAR_AFTER_MAX_S}`);
  }
  return seconds * 1000;
}
