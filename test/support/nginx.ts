import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ROOT } from './pages.js';
import { freePort } from './redis.js';

const READY_MS = 10_000;

/** Where an instance listens. */
export interface Upstream {
  readonly http: number;
  readonly grpc: number;
}

/** A real nginx with `deploy/nginx.conf`, in front of instances on loopback. */
export class Nginx {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly httpPort: number,
    readonly grpcPort: number,
  ) {}

  static async start(instances: readonly [Upstream, Upstream]): Promise<Nginx> {
    const [{ stdout }, httpPort, grpcPort, folder] = await Promise.all([
      promisify(execFile)(join(ROOT, 'scripts/ensure-nginx.sh')),
      freePort(),
      freePort(),
      mkdtemp(join(tmpdir(), 'lamplight-nginx-')),
    ]);
    const config = join(folder, 'nginx.conf');
    await writeFile(
      config,
      placed(await readFile(join(ROOT, 'deploy/nginx.conf'), 'utf8'), instances, httpPort, grpcPort, folder),
    );
    const child = spawn(stdout.trim(), ['-c', config, '-p', folder], { stdio: 'ignore' });
    process.once('exit', () => child.kill('SIGKILL'));
    await listening(httpPort);
    return new Nginx(child, folder, httpPort, grpcPort);
  }

  get url(): string {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The file as it stands, but for names and ports of containers, and for what an older nginx says in another way. */
function placed(
  text: string,
  instances: readonly Upstream[],
  httpPort: number,
  grpcPort: number,
  folder: string,
): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ');
  const main = `daemon off; pid ${folder}/pid; error_log ${folder}/error.log;\n`;
  return (main + text)
    .replace(/lamplight-(\d):3000/g, (_, n) => `127.0.0.1:${instances[Number(n) - 1]?.http}`)
    .replace(/lamplight-(\d):50051/g, (_, n) => `127.0.0.1:${instances[Number(n) - 1]?.grpc}`)
    .replace('listen 3000;', `listen 127.0.0.1:${httpPort};`)
    .replace(/listen 50051;\s+http2 on;/, `listen 127.0.0.1:${grpcPort} http2;`)
    .replace('http {', `http { ${temporary}`);
}

async function listening(port: number): Promise<void> {
  const patience = AbortSignal.timeout(READY_MS);
  for (;;) {
    patience.throwIfAborted();
    const socket = connect(port, '127.0.0.1');
    const up = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => setTimeout(() => resolve(false), 20));
    });
    socket.destroy();
    if (up) return;
  }
}
