type Work = () => void;

/** What the end of a turn is for, in this order: to tell what has come in, then to write what there is to say. */
const STAGES = 2;
const TELLING = 0;
const WRITING = 1;

let stages: Work[][] = emptied();
let arranged = false;

/** Runs once, when this turn of the event loop has read all that had come in. It must not throw. */
export function tellAtTheEnd(work: Work): void {
  arrange(TELLING, work);
}

/** As `tellAtTheEnd`, but after all that is told then. */
export function writeAtTheEnd(work: Work): void {
  arrange(WRITING, work);
}

function arrange(stage: number, work: Work): void {
  stages[stage]?.push(work);
  if (arranged) return;
  arranged = true;
  setImmediate(end);
}

function end(): void {
  // What is told may give more to write, and that is still of this turn.
  for (let stage = 0; stage < STAGES; stage += 1) {
    const works = stages[stage] ?? [];
    for (let at = 0; at < works.length; at += 1) works[at]?.();
  }
  stages = emptied();
  arranged = false;
}

function emptied(): Work[][] {
  return Array.from({ length: STAGES }, () => []);
}
