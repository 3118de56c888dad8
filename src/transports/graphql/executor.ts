import { Inject, Injectable } from '@nestjs/common';
import { createSourceEventStream, execute, type DocumentNode, type ExecutionArgs } from 'graphql';
import { Stream } from '../../kernel/stream.js';
import { type Answer, answerOf } from './explain.js';
import { Plan } from './plan.js';
import { Source } from './source.js';
import { Ways } from './ways.js';

/** A stream, or why there is none. */
export type Opened = Stream<object> | { readonly errors: readonly unknown[] };

/** Executes operations of documents that are safe to: over HTTP and over sockets, and what lives as long as a socket. */
@Injectable()
export class Executor {
  private readonly plans = new PerOperation(Plan);
  private readonly sources = new PerOperation(Source);

  constructor(@Inject(Ways) private readonly ways: Pick<Ways, 'to'>) {}

  /** A query or a mutation. The document has an operation of this name: there is no end of names that it has not. */
  answer(args: ExecutionArgs): Promise<Answer> {
    return this.plans.of(args, this.ways)?.run(args) ?? this.look(args);
  }

  /** A subscription. The document has an operation of this name. */
  async open(args: ExecutionArgs): Promise<Opened> {
    try {
      const opened = await (this.sources.of(args, this.ways)?.open(args) ?? createSourceEventStream(args));
      return opened as Opened;
    } catch (error) {
      return { errors: [error] };
    }
  }

  private async look(args: ExecutionArgs): Promise<Answer> {
    return answerOf(args, await execute(args));
  }
}

/** What is known of each operation that was looked at, by its document; null: it is out of the ordinary. */
class PerOperation<T> {
  private readonly known = new WeakMap<DocumentNode, Map<string, T | null>>();

  constructor(private readonly kind: { of(...about: Parameters<typeof Plan.of>): T | null }) {}

  of({ schema, document, operationName }: ExecutionArgs, ways: Pick<Ways, 'to'>): T | null {
    let ofDocument = this.known.get(document);
    if (!ofDocument) this.known.set(document, (ofDocument = new Map<string, T | null>()));
    const name = operationName ?? '';
    let one = ofDocument.get(name);
    if (one === undefined) ofDocument.set(name, (one = this.kind.of(schema, document, operationName, ways)));
    return one;
  }
}
