import { GraphQLError, type ExecutionArgs } from 'graphql';
import type { Cancel, Clock } from '../../kernel/clock.js';
import { framed } from '../frame.js';
import type { Hello } from '../session.js';
import type { Delivery } from './delivery.js';
import type { Answer } from './explain.js';
import type { GraphqlSocket } from './graphql.socket.js';
import type { Asked } from './messages.js';
import { Reader } from './reader.js';

const INIT_WAIT_MS = 3000;
const SUBSCRIPTIONS_MAX = 100;
/** Characters of an operation's id, which is kept as long as the operation lives and is sent with every message. */
const ID_MAX = 128;

/** What the dialogs of all sockets share. */
export interface Operator {
  /** Whether the client may go on; else the socket has been ended. */
  welcome(socket: GraphqlSocket, hello: Hello & { readonly authorization?: unknown }): Promise<boolean>;
  prepare(socket: GraphqlSocket, asked: Asked): Prepared;
  /** Opens a subscription, or answers why not. `onOver` is called once, however it ends. */
  open(socket: GraphqlSocket, id: string, args: ExecutionArgs, onOver: (error?: Error) => void): Promise<Opened>;
  /** A query or a mutation. */
  execute(args: ExecutionArgs): Promise<Answer>;
  explainAll(socket: GraphqlSocket, operationName: string | null, errors: readonly unknown[]): readonly object[];
}

export type Prepared =
  | { readonly args: ExecutionArgs; readonly live: boolean; readonly errors?: undefined }
  | { readonly errors: readonly GraphQLError[] };

export type Opened = Delivery | { readonly errors: readonly unknown[] };

/** What is under way under an id. */
interface Operation {
  delivery: Delivery | null;
}

/** The same bytes for everybody. */
const ACKNOWLEDGED = framed(['{"type":"connection_ack"}']);

const reader = new Reader();

/** The server's side of graphql-transport-ws with one client. */
export class Dialog {
  private greeted = false;
  private acknowledged = false;
  private subscriptions = 0;
  private readonly operations = new Map<string, Operation>();
  private stopWaiting: Cancel | null;

  constructor(
    private readonly socket: GraphqlSocket,
    private readonly operator: Operator,
    clock: Clock,
  ) {
    this.stopWaiting = clock.after(INIT_WAIT_MS, () => socket.close(4408, 'Connection initialisation timeout'));
  }

  /** A promise only where there is something to wait for. */
  take(text: string): void | Promise<void> {
    const message = reader.read(text);
    if (!message) return this.socket.end('malformed');
    switch (message.type) {
      case 'connection_init':
        return this.greet(message.payload ?? {});
      case 'ping':
        return this.socket.onPing(message.payload);
      case 'pong':
        return;
      case 'subscribe':
        return this.begin(message.id, message.payload);
      case 'complete':
        return this.complete(message.id);
    }
  }

  /** The socket is closing: nothing more is sent. */
  stop(): void {
    this.waitNoMore();
    for (const id of [...this.operations.keys()]) this.complete(id);
  }

  private waitNoMore(): void {
    this.stopWaiting?.();
    this.stopWaiting = null;
  }

  private async greet(hello: Hello): Promise<void> {
    if (this.greeted) return this.socket.close(4429, 'Too many initialisation requests');
    this.greeted = true;
    this.waitNoMore();
    if (!(await this.operator.welcome(this.socket, hello))) return;
    this.acknowledged = true;
    this.socket.outbox.put(ACKNOWLEDGED);
  }

  private begin(id: string, asked: Asked): void | Promise<void> {
    const { socket, operator } = this;
    if (!this.acknowledged) return socket.close(4401, 'Unauthorized');
    if (id.length > ID_MAX) return socket.end('malformed');
    if (this.operations.has(id)) return socket.close(4409, 'Subscriber already exists');
    const prepared = operator.prepare(socket, asked);
    if (prepared.errors) return this.refuse(id, asked.operationName, prepared.errors);
    const { args, live } = prepared;
    if (live) return this.watch(id, asked.operationName, args);
    return this.answer(id, args);
  }

  private async answer(id: string, args: ExecutionArgs): Promise<void> {
    const operation: Operation = { delivery: null };
    this.operations.set(id, operation);
    const { text } = await this.operator.execute(args);
    // Ended by the client meanwhile; the id may be in use again.
    if (this.operations.get(id) !== operation) return;
    this.operations.delete(id);
    const name = JSON.stringify(id);
    this.socket.sendAll([`{"id":${name},"type":"next","payload":${text}}`, `{"id":${name},"type":"complete"}`]);
  }

  /** Lives as long as the subscription: of what was asked, only the name is kept. */
  private async watch(id: string, name: string | null, args: ExecutionArgs): Promise<void> {
    if (this.subscriptions >= SUBSCRIPTIONS_MAX) return this.refuse(id, name, [tooMany()]);
    const operation: Operation = { delivery: null };
    this.operations.set(id, operation);
    this.subscriptions += 1;
    const opened = await this.operator.open(this.socket, id, args, (error) => {
      this.subscriptions -= 1;
      this.over(id, name, operation, error && [error]);
    });
    if ('errors' in opened) {
      this.subscriptions -= 1;
      return this.over(id, name, operation, opened.errors);
    }
    if (this.operations.get(id) !== operation) return opened.stop();
    operation.delivery = opened;
    opened.begin();
  }

  /** A subscription has ended; the client is told unless it was the client who has ended it. */
  private over(id: string, name: string | null, operation: Operation, errors: readonly unknown[] | undefined): void {
    if (this.operations.get(id) !== operation) return;
    this.operations.delete(id);
    if (errors) return this.refuse(id, name, errors);
    this.socket.send(`{"id":${JSON.stringify(id)},"type":"complete"}`);
  }

  private complete(id: string): void {
    const operation = this.operations.get(id);
    this.operations.delete(id);
    operation?.delivery?.stop();
  }

  private refuse(id: string, name: string | null, errors: readonly unknown[]): void {
    const payload = this.operator.explainAll(this.socket, name, errors);
    this.socket.send(JSON.stringify({ id, type: 'error', payload }));
  }
}

function tooMany(): GraphQLError {
  const message = `A socket has at most ${SUBSCRIPTIONS_MAX} subscriptions`;
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
