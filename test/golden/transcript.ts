import type { TestApp } from '../support/app.js';

const NEVER_THE_SAME: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>'],
  [/"(timestamp|last_seen)":[1-9]\d*/g, '"$1":<seconds>'],
  [/"retryAfterMs":"?\d+"?/g, '"retryAfterMs":<milliseconds>'],
  [/^(retry-after): \d+/gim, '$1: <seconds>'],
  [/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, '<uuid>'],
  [/"sid":"[\w-]{20}"/g, '"sid":"<sid>"'],
];

/** What went over a wire, both ways, as it was but for what differs with every run. */
export class Transcript {
  private readonly lines: string[] = [];
  private readonly tokens = new Map<string, string>();

  constructor(private readonly app: TestApp) {}

  /** Says what happens next. */
  tell(what: string): void {
    this.lines.push(...(this.lines.length > 0 ? [''] : []), `# ${what}`);
  }

  sent(text: string): void {
    this.add('>', text);
  }

  heard(text: string): void {
    this.add('<', text);
  }

  /** A token that is shown by its name. */
  token(userId: string, seconds = 3600): string {
    const token = this.app.token(userId, seconds);
    // The server's tolerance is five seconds.
    const state = seconds < -5 ? ' that has expired' : seconds < 0 ? ' that ends soon' : '';
    this.tokens.set(token, `<token of ${userId}${state}>`);
    return token;
  }

  toString(): string {
    return `${this.lines.join('\n')}\n`;
  }

  private add(sign: string, text: string): void {
    let plain = text;
    for (const [token, name] of this.tokens) plain = plain.replaceAll(token, name);
    for (const [pattern, name] of NEVER_THE_SAME) plain = plain.replace(pattern, name);
    this.lines.push(...plain.split('\n').map((line) => `${sign} ${line}`.trimEnd()));
  }
}
