import type { Socket as Engine } from 'engine.io';
import type { WebSocket } from 'ws';
import type { Clock } from '../../kernel/clock.js';
import { MessageRate } from '../message.rate.js';

/** How long a last word may take to be sent. */
const GOODBYE_MS = 2000;
const NO_CLOSE_FRAME = 1006;
/** Of one connection, those that failed and those that were given up included. */
const ATTEMPTS_MAX = 5;

/** Whether the client itself closed the WebSocket of the connection; asked when the connection has closed. */
const closedByClient = new WeakSet<Engine>();

export const saidGoodbye = (engine: Engine): boolean => closedByClient.has(engine);

/** Notices what the engine does not tell: how a WebSocket was closed, and whoever floods with anything at all. */
export function attend(engine: Engine, clock: Clock): void {
  const rate = new MessageRate(clock.monotonic());
  engine.on('packet', () => {
    if (rate.admit(clock.monotonic()) === 'FLOOD') cutOff(engine);
  });
  listen(engine);
  engine.once('upgrade', () => listen(engine));
}

const attempts = new WeakMap<Engine, number>();

/** Counts an attempt to be let in over the connection. False, and the end of it: there were too many. */
export function mayTry(engine: Engine): boolean {
  const count = (attempts.get(engine) ?? 0) + 1;
  attempts.set(engine, count);
  if (count <= ATTEMPTS_MAX) return true;
  cutOff(engine);
  return false;
}

/** Ends the connection when what was said has been sent. Never a namespace alone: clients would not come back. */
export function hangUp(engine: Engine, clock: Clock): void {
  const cancel = clock.after(GOODBYE_MS, () => cutOff(engine));
  engine.once('close', cancel);
  engine.close();
}

/** Ends the connection at once. */
export function cutOff(engine: Engine): void {
  const socket = webSocketOf(engine);
  engine.close(true);
  socket?.terminate();
}

function listen(engine: Engine): void {
  // Before the engine's own listener, which tells everybody that the connection is closed.
  webSocketOf(engine)?.prependOnceListener('close', (code: number) => {
    if (code !== NO_CLOSE_FRAME) closedByClient.add(engine);
  });
}

function webSocketOf(engine: Engine): WebSocket | null {
  const { name, socket } = engine.transport as unknown as { readonly name: string; readonly socket?: WebSocket };
  return name === 'websocket' ? (socket ?? null) : null;
}
