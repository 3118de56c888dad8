import { createSourceEventStream, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { Stream } from '../../kernel/stream.js';
import { Delivery } from './delivery.js';
import type { Groups } from './groups.js';
import type { GraphqlSocket, SocketContext } from './graphql.socket.js';

type Source = AsyncIterableIterator<ExecutionResult, undefined>;

/** Opens a subscription and lets its views go straight to the socket. Never throws: a refusal is what it ends with. */
export async function subscribe(args: ExecutionArgs, groups: Groups): Promise<Source> {
  const { socket, id } = args.contextValue as SocketContext;
  try {
    const source: unknown = await createSourceEventStream(args);
    if (!(source instanceof Stream)) return failed(reasonOf(source));
    return deliver(socket, id, source as Stream<object>, args, groups);
  } catch (error) {
    return failed(error);
  } finally {
    socket.opening -= 1;
  }
}

function deliver(
  socket: GraphqlSocket,
  id: string,
  stream: Stream<object>,
  args: ExecutionArgs,
  groups: Groups,
): Delivery {
  const group = groups.join(args);
  const delivery = new Delivery(id, stream, group, socket.outbox, (over) => {
    groups.leave(group);
    socket.deliveries.delete(over);
  });
  socket.deliveries.add(delivery);
  return delivery.begin();
}

function reasonOf(source: unknown): unknown {
  const { errors } = source as ExecutionResult;
  return errors?.[0] ?? new Error('A subscription has to give a Stream');
}

function failed(reason: unknown): Source {
  return {
    next: () => Promise.reject(reason instanceof Error ? reason : new Error(String(reason))),
    return: () => Promise.resolve({ done: true, value: undefined }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
