import { createPublicKey } from 'node:crypto';

import { z } from 'zod';

/** Reads a setting's text; its issue is the end of the sentence "NAME …". */
export type Rule<T> = z.ZodType<T, string>;

const ENTRIES_MAX = 1000;

export function integer(min: number, max: number): Rule<number> {
  const sentence = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, sentence)
    .transform(Number)
    .pipe(z.number(sentence).min(min, sentence).max(max, sentence));
}

export function oneOf<const T extends string>(...words: readonly [T, ...T[]]): Rule<T> {
  return z.string().pipe(z.enum(words, `must be one of ${words.join(', ')}`));
}

export const onOff: Rule<boolean> = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['on', 'true', '1', 'off', 'false', '0'], 'must be on or off'))
  .transform((text) => ['on', 'true', '1'].includes(text));

export function word(pattern: RegExp, what: string): Rule<string> {
  return z.string().regex(pattern, `must be ${what}`);
}

/** Text that fits a header: what clients send it in could not carry anything else. */
export const printable: Rule<string> = word(
  /^[\x21-\x7e]([\x20-\x7e]{0,4094}[\x21-\x7e])?$/,
  'printable ASCII without spaces around it',
);

/** A URL of one of the schemes. Never quotes the text: it may hold a password. */
function url(schemes: readonly string[]): Rule<string> {
  const sentence = `must be a URL beginning with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`;
  return z
    .string()
    .refine((text) => schemes.some((scheme) => text.startsWith(`${scheme}//`)) && URL.canParse(text), sentence);
}

export const postgresUrl = url(['postgres:', 'postgresql:']);
export const redisUrl = url(['redis:', 'rediss:']);
export const webUrl = url(['https:', 'http:']);

export const origin: Rule<string> = z
  .string()
  .refine(
    (text) => /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text.toLowerCase(),
    'must list origins such as https://chat.example.com, without a path and without wildcards',
  )
  .transform((text) => text.toLowerCase());

export function list<T>(entry: Rule<T>): Rule<readonly T[]> {
  return z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(entry).min(1, 'must not be an empty list').max(ENTRIES_MAX, `takes at most ${ENTRIES_MAX} entries`));
}

const CURVES = new Set(['prime256v1']);
const RSA_BITS_MIN = 2048;

/** PEM of a public key that RS256, ES256 or EdDSA can be checked with; escaped line ends are undone. */
export const publicKey: Rule<string> = z
  .string()
  .transform((text) => text.replaceAll('\\n', '\n').trim())
  .refine(usable, `must be the PEM of a public key: RSA of at least ${RSA_BITS_MIN} bits, EC on P-256, or Ed25519`);

function usable(pem: string): boolean {
  // createPublicKey would quietly take the public half of a private key, which has no business here.
  if (pem.includes('PRIVATE KEY')) return false;
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPublicKey(pem);
    if (type === 'rsa') return (details?.modulusLength ?? 0) >= RSA_BITS_MIN;
    if (type === 'ec') return CURVES.has(details?.namedCurve ?? '');
    return type === 'ed25519';
  } catch {
    return false; // Not a key at all: the sentence above says so.
  }
}
