import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ROOT } from './pages.js';

const run = promisify(execFile);

/** What Debian's promtool says to these arguments, complaints included. */
export async function promtool(args: readonly string[], input = ''): Promise<string> {
  const { stdout } = await run(join(ROOT, 'scripts/ensure-promtool.sh'));
  const child = run(stdout.trim(), [...args]);
  child.child.stdin?.end(input);
  const answer = await child.catch((error: unknown) => error as { stdout: string; stderr: string });
  return answer.stdout + answer.stderr;
}
