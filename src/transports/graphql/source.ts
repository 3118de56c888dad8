import { OperationTypeNode, type DocumentNode, type ExecutionArgs, type GraphQLSchema } from 'graphql';
import { Stream } from '../../kernel/stream.js';
import { Call, type Given } from './call.js';
import type { Ways } from './ways.js';

/** How a subscription is opened without looking at its document again. */
export class Source {
  private constructor(private readonly call: Call) {}

  /** Null where the operation is not of this kind. Of a valid document. */
  static of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operationName: string | null | undefined,
    ways: Pick<Ways, 'to'>,
  ): Source | null {
    const call = Call.of(schema, document, operationName, ways);
    return call?.kind === OperationTypeNode.SUBSCRIPTION ? new Source(call) : null;
  }

  /**
   * Null: the variables do not fit, and nothing was opened. Rejects with a GraphQLError what the resolver refuses, as
   * graphql-js would have it among its errors.
   */
  open(execution: ExecutionArgs): Promise<Stream<object>> | null {
    const given = this.call.given(execution.variableValues ?? {});
    return given && this.begin(execution, given);
  }

  private async begin(execution: ExecutionArgs, given: Given): Promise<Stream<object>> {
    let value: unknown;
    try {
      value = await this.call.make(execution, given);
      if (value instanceof Error) throw value;
    } catch (error) {
      throw this.call.located(error);
    }
    if (!(value instanceof Stream)) throw new TypeError(`${this.call.field.name} has opened no stream`);
    return value as Stream<object>;
  }
}
