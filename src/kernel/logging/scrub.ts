/** Secrets by their look. Each is replaced as a whole; a line is never more than a few kilobytes long. */
const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // A JSON web token, wherever it stands.
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, '[token]'],
  [/\b(bearer)\s+[^\s"'\\,]+/gi, '$1 [token]'],
  [
    /\b(x-secret-token|authorization|token|password|secret)(\\?["']?\s*[=:]\s*\\?["']?)(?!\[token\]|bearer\b)[^\s"'\\&,}]+/gi,
    '$1$2[secret]',
  ],
  // The password of a URL.
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*):[^\s/"]+@/gi, '$1:[secret]@'],
];

/** The line without tokens and passwords that got into it, by a driver's message or a client's address. */
export function scrub(line: string): string {
  let clean = line;
  for (const [pattern, replacement] of SECRETS) clean = clean.replace(pattern, replacement);
  return clean;
}
