import { Refusal } from '../../kernel/errors.js';
import type { Answer, ScriptName, Scripts } from './scripts.js';

/** What a script is asked about one shard; of all shards with as many arguments. */
interface Question {
  readonly key: string;
  readonly args: readonly (string | number)[];
}

/** So few that a call does not hold up others; most of what a call costs, here and in Redis, is not what it does. */
const SHARDS_A_CALL = 16;

/**
 * Asks the same about each of many shards, in few calls where one server has them all. The answers are in the order of
 * the questions. Each fails by itself: a shard that is away, or with which something is wrong, holds up none of the
 * others.
 */
export function askEach(scripts: Scripts, name: ScriptName, questions: readonly Question[]): Promise<Answer>[] {
  const width = scripts.together ? SHARDS_A_CALL : 1;
  const answers: Promise<Answer>[] = [];
  for (let at = 0; at < questions.length; at += width) {
    const some = questions.slice(at, at + width);
    const call = askSome(scripts, name, some);
    answers.push(...some.map((_, place) => answerAt(call, place)));
  }
  return answers;
}

/**
 * Sweeps each of many shards. Where the script answers 1, more is to be done at once: it is asked again, for so many rounds
 * at most, and what is left then waits for the next sweep.
 */
export function sweepEach(
  scripts: Scripts,
  name: ScriptName,
  keys: readonly string[],
  rounds: number,
): Promise<void>[] {
  const questions = keys.map((key) => ({ key, args: [] }));
  const answers = askEach(scripts, name, questions);
  return questions.map(async (question, at) => {
    let more = await answers[at];
    for (let round = 0; round < rounds && more === 1; round++) more = await askOne(scripts, name, question);
  });
}

/** About one shard. */
export async function askOne(scripts: Scripts, name: ScriptName, question: Question): Promise<Answer> {
  const answers = await scripts.run(name, question.key, ...question.args);
  return listed(answers)[0] ?? null;
}

async function askSome(
  scripts: Scripts,
  name: ScriptName,
  questions: readonly Question[],
): Promise<readonly PromiseSettledResult<Answer>[]> {
  try {
    const keys = questions.map(({ key }) => key);
    const args = questions.flatMap((question) => question.args);
    const answers = listed(await scripts.runOver(name, keys, args));
    return questions.map((_, at) => ({ status: 'fulfilled', value: answers[at] ?? null }));
  } catch (error) {
    if (error instanceof Refusal || questions.length === 1) {
      return questions.map(() => ({ status: 'rejected', reason: error }));
    }
    return Promise.allSettled(questions.map((question) => askOne(scripts, name, question)));
  }
}

async function answerAt(call: Promise<readonly PromiseSettledResult<Answer>[]>, place: number): Promise<Answer> {
  const answer = (await call)[place];
  if (answer?.status === 'rejected') throw answer.reason;
  return answer?.value ?? null;
}

const listed = (answer: Answer): readonly Answer[] => (Array.isArray(answer) ? (answer as readonly Answer[]) : []);
