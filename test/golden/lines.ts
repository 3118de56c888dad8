import { WebSocket } from 'ws';
import { Recording } from '../drivers/recording.js';
import type { Transcript } from './transcript.js';

const SOON_MS = 5000;
/** What engine.io says to see whether somebody is there; it comes when it comes. */
const ENGINE_PING = '2';

/** A WebSocket without a library: every frame goes into the transcript as it is. */
export class RawSocket {
  private readonly frames = new Recording<string>('a socket');
  private readonly ws: WebSocket;
  readonly closed: Promise<string>;

  private constructor(
    private readonly transcript: Transcript,
    url: string,
    protocol?: string,
  ) {
    this.ws = new WebSocket(url, protocol ?? []);
    this.ws.on('error', () => {});
    this.ws.on('message', (data: Buffer, binary: boolean) => {
      const text = binary ? `${data.length} bytes` : data.toString();
      if (text === ENGINE_PING) this.ws.send('3');
      else this.frames.record(text);
    });
    this.closed = new Promise((resolve) =>
      this.ws.on('close', (code, reason) => resolve(`${code} ${reason.toString()}`.trim())),
    );
  }

  static async open(transcript: Transcript, url: string, protocol?: string): Promise<RawSocket> {
    const socket = new RawSocket(transcript, url, protocol);
    const { pathname, search } = new URL(url);
    transcript.sent(`GET ${pathname}${search} (upgrade${protocol ? `, ${protocol}` : ''})`);
    await new Promise<void>((resolve, reject) => {
      socket.ws.on('open', resolve);
      socket.ws.on('unexpected-response', (_, answer) => reject(new Error(String(answer.statusCode))));
    });
    return socket;
  }

  say(text: string): void {
    this.transcript.sent(text);
    this.ws.send(text);
  }

  /** The next so many frames. */
  async hear(count = 1): Promise<void> {
    for (let i = 0; i < count; i += 1) this.transcript.heard((await this.frames.next(SOON_MS)).view);
  }

  /** The close, as the server says it. Whatever came before has to be heard. */
  async end(): Promise<void> {
    const how = await this.closed;
    await this.frames.quiet(0);
    this.transcript.heard(`closed ${how}`);
  }

  /** Leaves without the transcript. */
  async leave(): Promise<void> {
    this.ws.close();
    await this.closed;
    await this.frames.quiet(0);
  }
}

const SHOWN_HEADERS = ['content-type', 'cache-control', 'retry-after', 'allow', 'www-authenticate'];

/** One HTTP call, as it was asked and answered. */
export async function call(
  transcript: Transcript,
  url: string,
  method: string,
  path: string,
  { body, headers = {} }: { readonly body?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  transcript.sent(`${method} ${path}`);
  const all = {
    ...(body !== undefined && !('content-type' in headers) && { 'content-type': 'application/json' }),
    ...headers,
  };
  for (const [name, value] of Object.entries(all)) transcript.sent(`${name}: ${value}`);
  if (body !== undefined) transcript.sent(body);
  const answer = await fetch(`${url}${path}`, { method, headers: all, ...(body !== undefined && { body }) });
  transcript.heard(String(answer.status));
  for (const name of SHOWN_HEADERS) {
    const value = answer.headers.get(name);
    if (value !== null) transcript.heard(`${name}: ${value}`);
  }
  transcript.heard((await answer.text()).trimEnd());
}
