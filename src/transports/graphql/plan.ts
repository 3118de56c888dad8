import {
  getArgumentValues,
  getOperationAST,
  GraphQLError,
  isNonNullType,
  Kind,
  locatedError,
  OperationTypeNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { type Answer, answerOf } from './explain.js';
import type { Ways } from './ways.js';
import { type Values, type Variables, variablesOf } from './variables.js';
import { fieldsOf, type Write, writerOf } from './writer.js';

/** How a query or a mutation of one field is executed without looking at its document again. */
export class Plan {
  private readonly head: string;

  private constructor(
    private readonly variables: Variables,
    private readonly field: GraphQLField<unknown, unknown>,
    private readonly resolve: GraphQLFieldResolver<unknown, unknown>,
    private readonly name: string,
    private readonly nodes: readonly [FieldNode, ...FieldNode[]],
    private readonly info: Omit<GraphQLResolveInfo, 'variableValues'>,
    private readonly write: Write,
    /** What the field is called with where the document gives it no arguments; else null. */
    private readonly defaults: Values | null,
  ) {
    this.head = `{"data":{${JSON.stringify(name)}:`;
  }

  /** Null where the operation is not of this kind. Of a valid document. */
  static of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operationName: string | null | undefined,
    ways: Pick<Ways, 'to'>,
  ): Plan | null {
    const operation = getOperationAST(document, operationName);
    if (!operation || operation.operation === OperationTypeNode.SUBSCRIPTION) return null;
    const type = schema.getRootType(operation.operation);
    const root = type && fieldsOf(document, type, [operation.selectionSet]);
    const [first, second] = root ?? [];
    if (!type || !first || second) return null;
    const [name, nodes] = first;
    const [node] = nodes;
    const field = node && type.getFields()[node.name.value];
    const write = field && writerOf(document, field.type, nodes);
    const resolve = field && ways.to(type.name, field);
    if (!resolve || !node || !write) return null;
    const info = infoOf(schema, document, operation, type, field, name, nodes);
    const defaults = node.arguments?.length ? null : argumentsOf(field, node, {});
    const own = nodes as [FieldNode, ...FieldNode[]];
    return new Plan(variablesOf(schema, operation), field, resolve, name, own, info, write, defaults);
  }

  /** Null: the variables do not fit, and nothing was executed. */
  run(execution: ExecutionArgs): Promise<Answer> | null {
    const variables = this.variables(execution.variableValues ?? {});
    const args =
      variables && (this.defaults ? { ...this.defaults } : argumentsOf(this.field, this.nodes[0], variables));
    return args && this.call(execution, args, variables);
  }

  private async call(execution: ExecutionArgs, args: Values, variableValues: Values): Promise<Answer> {
    try {
      const info = { ...this.info, variableValues };
      const value: unknown = await this.resolve(execution.rootValue, args, execution.contextValue, info);
      if (value instanceof Error) throw value;
      return { text: `${this.head}${this.write(value)}}}`, executed: true };
    } catch (error) {
      return answerOf(execution, this.failed(error));
    }
  }

  private failed(error: unknown): ExecutionResult {
    const errors = [locatedError(error, this.nodes, [this.name])];
    return { errors, data: isNonNullType(this.field.type) ? null : { [this.name]: null } };
  }
}

/** Null: they do not fit. */
function argumentsOf(field: GraphQLField<unknown, unknown>, node: FieldNode, variables: Values): Values | null {
  try {
    return getArgumentValues(field, node, variables);
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}

function infoOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  parentType: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  name: string,
  fieldNodes: readonly FieldNode[],
): Omit<GraphQLResolveInfo, 'variableValues'> {
  const fragments: Record<string, FragmentDefinitionNode> = {};
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return {
    fieldName: field.name,
    fieldNodes,
    returnType: field.type,
    parentType,
    path: { prev: undefined, key: name, typename: parentType.name },
    schema,
    fragments,
    rootValue: undefined,
    operation,
  };
}
