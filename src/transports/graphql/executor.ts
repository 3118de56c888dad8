import { Inject, Injectable } from '@nestjs/common';
import { execute, type DocumentNode, type ExecutionArgs } from 'graphql';
import { type Answer, answerOf } from './explain.js';
import { Plan } from './plan.js';
import { Ways } from './ways.js';

/** Executes queries and mutations, of documents that are safe to, over HTTP and over sockets. */
@Injectable()
export class Executor {
  private readonly plans = new WeakMap<DocumentNode, Map<string, Plan | null>>();

  constructor(@Inject(Ways) private readonly ways: Pick<Ways, 'to'>) {}

  /** The document has an operation of this name: there is no end of names that it has not. */
  answer(args: ExecutionArgs): Promise<Answer> {
    return this.planOf(args)?.run(args) ?? this.look(args);
  }

  private async look(args: ExecutionArgs): Promise<Answer> {
    return answerOf(args, await execute(args));
  }

  private planOf({ schema, document, operationName }: ExecutionArgs): Plan | null {
    let ofDocument = this.plans.get(document);
    if (!ofDocument) this.plans.set(document, (ofDocument = new Map<string, Plan | null>()));
    const name = operationName ?? '';
    let plan = ofDocument.get(name);
    if (plan === undefined) ofDocument.set(name, (plan = Plan.of(schema, document, operationName, this.ways)));
    return plan;
  }
}
