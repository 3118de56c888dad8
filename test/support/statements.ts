const PARSE = 'P';
const QUERY = 'Q';
const HEADER = 5;

/** The statements in what was sent to Postgres at once: it tells each message by a letter and a length. */
export function statementsIn(bytes: Buffer): string[] {
  const statements: string[] = [];
  for (let at = 0; at + HEADER <= bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    const type = String.fromCharCode(bytes[at] ?? 0);
    if (type === PARSE || type === QUERY)
      statements.push(bytes.toString('utf8', at + HEADER, at + 1 + bytes.readInt32BE(at + 1)));
    if (!/[A-Za-z]/.test(type) || bytes.readInt32BE(at + 1) < 4) break;
  }
  return statements;
}
