import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { prepareCluster } from './cluster.js';
import type { Cluster } from './cluster.js';
import { isPostgres, readServerFile, removeSocketFolder, SOCKET_PREFIX } from './server-file.js';
import { adopt, launch, urlOf } from './server.js';
import type { Server, ServerSettings } from './server.js';

export interface Embedded {
  /** `postgres://…` over the Unix socket; the same as long as it runs. */
  readonly url: string;
  /** Stops the server within seconds; calling it again does nothing. */
  stop(): Promise<void>;
}

const DATABASE = 'lamplight';
const POLL_MS = 20;
const STOP_TIMEOUT_MS = 10_000;
const REVIVAL_PAUSE_MS = 500;

/**
 * Runs the Postgres of a data folder, which it makes when it is new. One process at a time owns a folder: a second one
 * gets DataDirInUse. A server that a killed owner has left behind is taken over, one that dies is started again.
 */
export async function startEmbedded(dataDir: string, settings: ServerSettings = {}): Promise<Embedded> {
  const cluster = await prepareCluster(dataDir);
  const server = (await adopt(cluster)) ?? (await launch(cluster, newSocketFolder(), settings));
  await makeDatabase(server);
  return new Keeper(cluster, settings, server);
}

/** Keeps one server alive until it is told to stop. */
class Keeper implements Embedded {
  readonly url: string;
  private watchdog: ChildProcess;
  private stopping: Promise<void> | null = null;

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: ServerSettings,
    private server: Server,
  ) {
    this.url = urlOf(server.socket, DATABASE);
    this.watchdog = this.guard(server);
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private guard(server: Server): ChildProcess {
    server.owner.once('end', () => void this.revive());
    return watch(server);
  }

  /** Our session has ended although nobody asked for it: the server has crashed, or somebody has killed it. */
  private async revive(): Promise<void> {
    this.watchdog.kill('SIGKILL');
    while (this.stopping === null) {
      await wait(REVIVAL_PAUSE_MS, undefined, { ref: false });
      try {
        const { socket } = this.server;
        this.server = (await adopt(this.cluster)) ?? (await launch(this.cluster, socket, this.settings));
        this.watchdog = this.guard(this.server);
        if (this.stopping !== null) await this.end();
        return;
      } catch {
        // What is left of the dead server may hold the folder for a moment; until it is back, queries are refused.
      }
    }
  }

  private async end(): Promise<void> {
    const { pid, socket, owner } = this.server;
    const runs = async () => (await isPostgres(pid)) && (await readServerFile(this.cluster.folder))?.pid === pid;
    await owner.end().catch(() => {}); // It is gone already, which is what was wanted.
    signal(pid, 'SIGINT');
    for (let waited = 0; waited < STOP_TIMEOUT_MS && (await runs()); waited += POLL_MS) await wait(POLL_MS);
    if (await runs()) signal(pid, 'SIGQUIT');
    this.watchdog.kill('SIGKILL');
    await removeSocketFolder(socket);
  }
}

async function makeDatabase({ owner }: Server): Promise<void> {
  const { rowCount } = await owner.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) await owner.query(`CREATE DATABASE ${DATABASE}`);
}

/**
 * Stops the server when this process ends without having done so, even by `kill -9`: the watchdog's input ends then.
 * A shell is enough, and it outlives us.
 */
function watch({ pid, socket }: Server): ChildProcess {
  const script = 'cat >/dev/null; kill -INT "$1"; while kill -0 "$1" 2>/dev/null; do sleep 0.1; done; rm -rf -- "$2"';
  const args = ['-c', script, 'lamplight-watchdog', String(pid), socket];
  const shell = spawn('/bin/sh', args, { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  // Without a shell a killed process leaves its server behind, and the next start adopts it.
  shell.on('error', () => {});
  shell.stdin?.on('error', () => {});
  shell.unref();
  return shell;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

const newSocketFolder = () =>
  join(process.platform === 'win32' ? tmpdir() : '/tmp', `${SOCKET_PREFIX}${randomBytes(6).toString('hex')}`);
