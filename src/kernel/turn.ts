type Work = () => void;

const telling: Work[] = [];
const writing: Work[] = [];
let arranged = false;

/** Runs once, when this turn of the event loop has read all that had come in. It must not throw. */
export function tellAtTheEnd(work: Work): void {
  telling.push(work);
  arrange();
}

/** As `tellAtTheEnd`, but after all that is told then, so that everything there is to say to one reader goes together. */
export function writeAtTheEnd(work: Work): void {
  writing.push(work);
  arrange();
}

function arrange(): void {
  if (arranged) return;
  arranged = true;
  setImmediate(end);
}

function end(): void {
  // What is told gives more to write, and that is still of this turn.
  run(telling);
  run(writing);
  arranged = false;
  if (telling.length > 0) arrange();
}

/** Those too that are added meanwhile. */
function run(works: Work[]): void {
  for (let at = 0; at < works.length; at += 1) works[at]?.();
  works.length = 0;
}
