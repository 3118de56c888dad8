import { WebSocket } from 'ws';
import { Recording } from '../drivers/recording.js';
import type { TestApp } from './app.js';

export interface Frame {
  readonly type: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly userId?: string;
}

/** A client of the plain WebSocket protocol: what it is sent, in order, and how it ends ("1008 expired"). */
export class PlainClient extends Recording<Frame> {
  readonly ws: WebSocket;
  readonly closed: Promise<string>;

  /** `query` of the address, as `token=…&events=simple`. */
  constructor(url: string, query: string, options: ConstructorParameters<typeof WebSocket>[2] = {}) {
    super('a plain socket');
    this.ws = new WebSocket(`${url}/ws${query && `?${query}`}`, options);
    this.ws.on('message', (data: Buffer) => this.record(JSON.parse(data.toString()) as Frame));
    this.ws.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.ws.on('close', (code, reason) => {
        this.end(String(code));
        resolve(`${code} ${reason.toString()}`.trim());
      });
    });
    this.stopWith(() => this.ws.close());
  }

  /** Somebody who has been welcomed. */
  static async of(app: TestApp, userId: string, more = ''): Promise<PlainClient> {
    const client = new PlainClient(app.wsUrl, `token=${app.token(userId)}${more}`);
    await client.until(({ type }) => type === 'ready', 5000);
    return client;
  }

  say(type: string, data?: object): void {
    this.ws.send(JSON.stringify({ type, data }));
  }

  /** Of the frames of one type, the next. */
  async of(type: string, withinMs = 2000): Promise<Frame> {
    return (await this.until((frame) => frame.type === type, withinMs)).view;
  }
}
