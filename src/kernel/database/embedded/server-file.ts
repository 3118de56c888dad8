import { readFile, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export const SOCKET_PREFIX = 'lamplight-';

/** What a server says of itself in `postmaster.pid`; null when there is none, or it has not written all of it yet. */
export async function readServerFile(folder: string): Promise<{ pid: number; socket: string } | null> {
  const text = await readFile(`${folder}/postmaster.pid`, 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isSafeInteger(pid) && pid > 0 ? { pid, socket: lines[4] ?? '' } : null;
}

/** Whether a process is alive and a Postgres. One that has ended and waits for its parent to notice is not. */
export async function isPostgres(pid: number): Promise<boolean> {
  if (process.platform === 'linux')
    return /^\d+ \(postgres\) [^ZX]/.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
  const listed = promisify(execFile)('ps', ['-p', String(pid), '-o', 'comm=']);
  return (
    basename(
      await listed.then(
        ({ stdout }) => stdout.trim(),
        () => '',
      ),
    ) === 'postgres'
  );
}

/** Removes a folder that one of our servers had its socket in; anything else is left alone. */
export async function removeSocketFolder(socket: string): Promise<void> {
  if (basename(socket).startsWith(SOCKET_PREFIX)) await rm(socket, { recursive: true, force: true });
}
