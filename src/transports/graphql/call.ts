import {
  getArgumentValues,
  getOperationAST,
  GraphQLError,
  isRequiredArgument,
  Kind,
  locatedError,
  type OperationTypeNode,
  type DocumentNode,
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { Ways } from './ways.js';
import { type Values, type Variables, variablesOf } from './variables.js';
import { fieldsOf } from './writer.js';

/** What the one field of an operation is called with. */
export interface Given {
  readonly args: Values;
  readonly variables: Values;
}

/** How the resolver behind the one field of an operation is called without looking at its document again. */
export class Call {
  private constructor(
    readonly kind: OperationTypeNode,
    readonly field: GraphQLField<unknown, unknown>,
    /** Of the field, in the answer. */
    readonly name: string,
    readonly nodes: readonly [FieldNode, ...FieldNode[]],
    private readonly variables: Variables,
    private readonly resolve: GraphQLFieldResolver<unknown, unknown>,
    private readonly info: Omit<GraphQLResolveInfo, 'variableValues'>,
    /** Null: somebody has to look at the arguments each time. */
    private readonly plain: PlainArguments | null,
  ) {}

  /** Null where the operation is not of this kind. Of a valid document. */
  static of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operationName: string | null | undefined,
    ways: Pick<Ways, 'to'>,
  ): Call | null {
    const operation = getOperationAST(document, operationName);
    const type = operation && schema.getRootType(operation.operation);
    const root = type && fieldsOf(document, type, [operation.selectionSet]);
    const [first, second] = root ?? [];
    if (!type || !first || second) return null;
    const [name, nodes] = first;
    const [node] = nodes;
    const field = node && type.getFields()[node.name.value];
    const resolve = field && ways.to(type.name, field);
    if (!resolve || !node) return null;
    const info = infoOf(schema, document, operation, type, field, name, nodes);
    const own = nodes as [FieldNode, ...FieldNode[]];
    const variables = variablesOf(schema, operation);
    return new Call(operation.operation, field, name, own, variables, resolve, info, plainOf(field, node));
  }

  /** Null: the variables do not fit. */
  given(values: Readonly<Values>): Given | null {
    const variables = this.variables(values);
    if (!variables) return null;
    const args = (this.plain && filled(this.plain, variables)) ?? argumentsOf(this.field, this.nodes[0], variables);
    return args && { args, variables };
  }

  /** What the resolver answers, or throws: a value, an error, or a promise of it. */
  make({ rootValue, contextValue }: ExecutionArgs, { args, variables }: Given): unknown {
    return this.resolve(rootValue, args, contextValue, { ...this.info, variableValues: variables });
  }

  /** The error, with its place in the document. */
  located(error: unknown): GraphQLError {
    return locatedError(error, this.nodes, [this.name]);
  }
}

/** Of a field all of whose arguments are variables. */
interface PlainArguments {
  readonly defaults: Values;
  readonly given: readonly (readonly [name: string, variable: string])[];
}

function plainOf({ args }: GraphQLField<unknown, unknown>, node: FieldNode): PlainArguments | null {
  const defaults = args.filter(({ defaultValue }) => defaultValue !== undefined);
  const given: [string, string][] = [];
  for (const { name, value } of node.arguments ?? []) {
    if (value.kind !== Kind.VARIABLE) return null;
    given.push([name.value, value.name.value]);
  }
  const isLeftOut = ({ name }: GraphQLArgument) => !given.some(([one]) => one === name);
  if (args.some((one) => isRequiredArgument(one) && isLeftOut(one))) return null;
  return { defaults: Object.fromEntries(defaults.map(({ name, defaultValue }) => [name, defaultValue])), given };
}

/** Null: what is missing, or null, may be at fault. */
function filled({ defaults, given }: PlainArguments, variables: Values): Values | null {
  const args = { ...defaults };
  for (const [name, variable] of given) {
    const value = Object.hasOwn(variables, variable) ? variables[variable] : undefined;
    if (value === undefined || value === null) return null;
    args[name] = value;
  }
  return args;
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
