import { WebSocket } from 'ws';
import { Recording } from '../drivers/recording.js';

export interface GraphqlFrame {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A graphql-transport-ws client without a library: every frame as it came, and how the connection ended. */
export class GraphqlSocket extends Recording<GraphqlFrame> {
  readonly ws: WebSocket;
  readonly closed: Promise<number>;
  private operations = 0;

  /** Says hello with `params` as soon as it is open; null: says nothing. */
  constructor(url: string, params: object | null) {
    super('a GraphQL socket');
    this.ws = new WebSocket(`${url}/graphql`, 'graphql-transport-ws');
    this.ws.on('open', () => params && this.say({ type: 'connection_init', payload: params }));
    this.ws.on('message', (data: Buffer) => this.record(JSON.parse(data.toString()) as GraphqlFrame));
    this.ws.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.ws.on('close', (code) => {
        this.end(String(code));
        resolve(code);
      });
    });
    this.stopWith(() => this.ws.close());
  }

  say(message: object): void {
    this.ws.send(JSON.stringify(message));
  }

  /** Begins an operation; answers its id. */
  begin(query: string, variables: object = {}): string {
    const id = String((this.operations += 1));
    this.say({ id, type: 'subscribe', payload: { query, variables } });
    return id;
  }

  /** The first answer to an operation, of a connection that has just been opened. */
  async ask(query: string, variables: object = {}): Promise<GraphqlFrame> {
    await this.until(({ type }) => type === 'connection_ack', 5000);
    const id = this.begin(query, variables);
    return (await this.until((frame) => frame.id === id, 5000)).view;
  }
}
