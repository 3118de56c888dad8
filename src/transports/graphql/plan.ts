import {
  isNonNullType,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { Call, type Given } from './call.js';
import { type Answer, answerOf } from './explain.js';
import type { Ways } from './ways.js';
import { type Write, writerOf } from './writer.js';

/** How a query or a mutation of one field is executed without looking at its document again. */
export class Plan {
  private readonly head: string;

  private constructor(
    private readonly call: Call,
    private readonly write: Write,
  ) {
    this.head = `{"data":{${JSON.stringify(call.name)}:`;
  }

  /** Null where the operation is not of this kind. Of a valid document. */
  static of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operationName: string | null | undefined,
    ways: Pick<Ways, 'to'>,
  ): Plan | null {
    const call = Call.of(schema, document, operationName, ways);
    if (!call || call.kind === OperationTypeNode.SUBSCRIPTION) return null;
    const write = writerOf(document, call.field.type, call.nodes);
    return write && new Plan(call, write);
  }

  /** Null: the variables do not fit, and nothing was executed. */
  run(execution: ExecutionArgs): Promise<Answer> | null {
    const given = this.call.given(execution.variableValues ?? {});
    return given && this.answer(execution, given);
  }

  private async answer(execution: ExecutionArgs, given: Given): Promise<Answer> {
    try {
      const value = await this.call.make(execution, given);
      if (value instanceof Error) throw value;
      return { text: `${this.head}${this.write(value)}}}`, executed: true };
    } catch (error) {
      return answerOf(execution, this.failed(error));
    }
  }

  private failed(error: unknown): ExecutionResult {
    const { field, name } = this.call;
    const errors = [this.call.located(error)];
    return { errors, data: isNonNullType(field.type) ? null : { [name]: null } };
  }
}
