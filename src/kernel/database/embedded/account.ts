import { spawnSync } from 'node:child_process';
import { chown } from 'node:fs/promises';

/** Postgres refuses to run as root. This is whom it runs as instead. */
export interface Account {
  /** What `spawn` has to be told to run a binary as this account. */
  command(binary: string, args: readonly string[]): { file: string; args: string[]; uid?: number; gid?: number };
  /** Gives a folder to the account. */
  own(folder: string): Promise<void>;
}

const NOBODY = 65534;

const ourselves: Account = {
  command: (file, args) => ({ file, args: [...args] }),
  own: async () => {},
};

const nobody: Account = {
  command: (file, args) => ({ file, args: [...args], uid: NOBODY, gid: NOBODY }),
  own: (folder) => chown(folder, NOBODY, NOBODY),
};

/** Under /root and the like `nobody` gets nowhere without root's leave to pass through folders. */
const nobodyWithPassage: Account = {
  command: (file, args) => ({ file: 'setpriv', args: [...PASSAGE, file, ...args] }),
  own: (folder) => nobody.own(folder),
};
const PASSAGE = [
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  '--clear-groups',
  '--inh-caps=+dac_override',
  '--ambient-caps=+dac_override',
];

/** Where that is not to be had: root itself, which goes by another name in a namespace of its own. */
const renamedRoot: Account = {
  command: (file, args) => ({ file: 'unshare', args: [...NAMESPACE, file, ...args] }),
  own: (folder) => chown(folder, 0, 0),
};
const NAMESPACE = ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];

/** The first account that can run `binary` and reach `folder`, both of which exist. */
export function chooseAccount(binary: string, folder: string): Account {
  if (process.getuid?.() !== 0) return ourselves;
  const able = [nobody, nobodyWithPassage, renamedRoot].find((account) => reaches(account, binary, folder));
  if (able) return able;
  throw new Error(
    `Postgres does not run as root, and no other account can reach ${binary} and ${folder}. ` +
      'Start Lamplight as another user or from another folder, or set DATABASE_URL',
  );
}

function reaches(account: Account, binary: string, folder: string): boolean {
  const { file, args, ...as } = account.command('/bin/sh', ['-c', 'test -x "$1" && cd "$2/.."', 'sh', binary, folder]);
  return spawnSync(file, args, { ...as, cwd: '/', stdio: 'ignore' }).status === 0;
}
