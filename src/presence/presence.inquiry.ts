import type { Dossier, PrivacyService } from '../privacy/privacy.service.js';

type Pair = Parameters<PrivacyService['dossiers']>[0][number];
type Dossiers = readonly (Dossier | null)[];

interface Question {
  readonly pairs: readonly Pair[];
  readonly stored: ReadonlySet<string>;
  readonly answer: (dossiers: Dossiers | Promise<Dossiers>) => void;
}

const AT_ONCE = 2;

/**
 * Questions to privacy about many watchers. Few are under way at a time, and those that come meanwhile are asked as one:
 * when everybody comes back at once, Postgres is asked a few times and not once for each of them.
 */
export class Inquiry {
  private waiting: Question[] = [];
  private underWay = 0;

  constructor(private readonly privacy: PrivacyService) {}

  /** As PrivacyService.dossiers, whose verdicts the watchers keep. */
  ask(pairs: readonly Pair[], stored: ReadonlySet<string>): Promise<Dossiers> {
    return new Promise((answer) => {
      this.waiting.push({ pairs, stored, answer });
      if (this.underWay < AT_ONCE) void this.turn();
    });
  }

  private async turn(): Promise<void> {
    this.underWay += 1;
    while (this.waiting.length > 0) {
      // Those who come in the same turn of the event loop are not left for the next question.
      await new Promise<void>((resolve) => setImmediate(resolve));
      const questions = this.waiting;
      this.waiting = [];
      await this.put(questions);
    }
    this.underWay -= 1;
  }

  private async put(questions: readonly Question[]): Promise<void> {
    const pairs = questions.flatMap((question) => question.pairs);
    const stored = new Set(questions.flatMap((question) => [...question.stored]));
    try {
      const dossiers = await this.privacy.dossiers(pairs, stored, false);
      let from = 0;
      for (const { answer, pairs: own } of questions) answer(dossiers.slice(from, (from += own.length)));
    } catch {
      // What one of them asked could not be answered: each learns what becomes of its own.
      for (const { answer, pairs: own, stored: theirs } of questions) answer(this.privacy.dossiers(own, theirs, false));
    }
  }
}
