import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { PEERS, ROOT } from './places.js';

const ageOf = (path: string) => statSync(join(PEERS, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** The other stacks, which are installed when somebody measures and not with our own packages. */
export function installPeers(): void {
  if (ageOf('node_modules/.package-lock.json') < ageOf('package-lock.json')) {
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: PEERS, stdio: 'inherit' });
  }
  if (ageOf('dist/tutorial.js') > ageOf('peers/tutorial.ts')) return;
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', 'peers'], { cwd: PEERS, stdio: 'inherit' });
}
