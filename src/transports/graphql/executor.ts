import { Injectable } from '@nestjs/common';
import { execute, type DocumentNode, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { GraphqlContext } from './apollo.options.js';
import { explainAll } from './explain.js';
import { Plan } from './plan.js';

export interface Answer {
  /** What a client is told, as JSON, errors in our words. */
  readonly text: string;
  /** False: the request itself is at fault, and no resolver has run. */
  readonly executed: boolean;
}

/** Executes queries and mutations, of documents that are safe to, over HTTP and over sockets. */
@Injectable()
export class Executor {
  private readonly plans = new WeakMap<DocumentNode, Map<string, Plan | null>>();

  /** The document has an operation of this name: there is no end of names that it has not. */
  async answer(args: ExecutionArgs): Promise<Answer> {
    const planned = await this.planOf(args)?.run(args);
    if (typeof planned === 'string') return { text: `{"data":${planned}}`, executed: true };
    const result = planned ?? (await execute(args));
    return { text: JSON.stringify(explained(args, result)), executed: 'data' in result };
  }

  private planOf({ schema, document, operationName }: ExecutionArgs): Plan | null {
    let ofDocument = this.plans.get(document);
    if (!ofDocument) this.plans.set(document, (ofDocument = new Map<string, Plan | null>()));
    const name = operationName ?? '';
    let plan = ofDocument.get(name);
    if (plan === undefined) ofDocument.set(name, (plan = Plan.of(schema, document, operationName)));
    return plan;
  }
}

function explained({ operationName, contextValue }: ExecutionArgs, { errors, ...rest }: ExecutionResult): object {
  if (!errors) return rest;
  const { caller } = contextValue as GraphqlContext;
  return { errors: explainAll(errors, operationName, caller ?? {}), ...rest };
}
