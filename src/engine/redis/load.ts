import { Refusal } from '../../kernel/errors.js';

type Answers = readonly (string | Error)[];
type Call = (keys: readonly string[], holds: readonly string[]) => Promise<readonly string[]>;

/** Holds that become one call. */
export class Load {
  readonly holds: string[] = [];
  private readonly keys: string[] = [];
  private readonly answers: Promise<Answers>;
  private answer: (answers: Promise<Answers>) => void = () => {};

  constructor(private readonly call: Call) {
    this.answers = new Promise((resolve) => (this.answer = resolve));
  }

  /** At once, so that what is asked for after them comes after them. Nothing is added from then on. */
  send(): void {
    this.answer(this.ask());
  }

  /** `hold` as lua/socket-hold.lua takes it, without the first field. */
  async add(key: string, hold: string): Promise<string> {
    const known = this.keys.indexOf(key);
    const number = known < 0 ? this.keys.push(key) : known + 1;
    const at = this.holds.push(`${number}|${hold}`) - 1;
    const answer = (await this.answers)[at];
    if (answer instanceof Error) throw answer;
    return answer ?? '';
  }

  private async ask(): Promise<Answers> {
    try {
      return await this.call(this.keys, this.holds);
    } catch (error) {
      // Something is wrong with one of them, which the others must not suffer from.
      if (error instanceof Refusal || this.holds.length === 1) throw error;
      return Promise.all(this.holds.map((hold) => this.askAlone(hold)));
    }
  }

  private async askAlone(hold: string): Promise<string | Error> {
    try {
      return (await this.call(this.keys, [hold]))[0] ?? '';
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}
