import { setImmediate as turnOfTheLoop } from 'node:timers/promises';

import type { PrivacyService } from '../privacy/privacy.service.js';
import type { Dossiers, Look } from '../privacy/privacy.types.js';

interface Question {
  readonly looks: readonly Look[];
  readonly answer: (dossiers: readonly Dossiers[] | Promise<readonly Dossiers[]>) => void;
}

const AT_ONCE = 2;

/**
 * Questions to privacy about those who watch. Few are under way at a time, and those that come meanwhile are asked as one:
 * when everybody comes back at once, Postgres is asked a few times and not once for each of them.
 */
export class Inquiry {
  private waiting: Question[] = [];
  private underWay = 0;

  constructor(private readonly privacy: PrivacyService) {}

  /** As PrivacyService.dossiers, whose verdicts are kept by whoever asks. */
  ask(looks: readonly Look[]): Promise<readonly Dossiers[]> {
    return new Promise((answer) => {
      this.waiting.push({ looks, answer });
      if (this.underWay < AT_ONCE) void this.turn();
    });
  }

  private async turn(): Promise<void> {
    this.underWay += 1;
    while (this.waiting.length > 0) {
      // Those who come in the same turn of the event loop are not left for the next question.
      await turnOfTheLoop();
      const questions = this.waiting;
      this.waiting = [];
      await this.put(questions);
    }
    this.underWay -= 1;
  }

  private async put(questions: readonly Question[]): Promise<void> {
    try {
      const dossiers = await this.privacy.dossiers(
        questions.flatMap(({ looks }) => looks),
        false,
      );
      let from = 0;
      for (const { looks, answer } of questions) answer(dossiers.slice(from, (from += looks.length)));
    } catch {
      // What one of them asked could not be answered: each learns what becomes of its own.
      for (const { looks, answer } of questions) answer(this.privacy.dossiers(looks, false));
    }
  }
}
