import {
  getVariableValues,
  GraphQLID,
  GraphQLString,
  Kind,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type TypeNode,
  type VariableDefinitionNode,
} from 'graphql';

export type Values = Record<string, unknown>;

/** Of what clients send as variables, what the operation is given; null where they do not fit. */
export type Variables = (given: Readonly<Values>) => Values | null;

/**
 * As graphql-js has them. It looks at each id of a list by itself, with its path: a list in which all is as it has to be
 * is only looked through here.
 */
export function variablesOf(schema: GraphQLSchema, operation: OperationDefinitionNode): Variables {
  const { variableDefinitions: definitions = [] } = operation;
  if (definitions.length === 0) return () => ({});
  const byGraphql: Variables = (given) => getVariableValues(schema, definitions, given).coerced ?? null;
  const [first, second] = definitions;
  if (!first || second || !isListOfTexts(first)) return byGraphql;
  const name = first.variable.name.value;
  return (given) => {
    const value = given[name];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) return byGraphql(given);
    return { [name]: value.slice() };
  };
}

/** `[ID!]`, `[ID!]!` and the like. */
function isListOfTexts({ type }: VariableDefinitionNode): boolean {
  const list = insideNonNull(type);
  if (list.kind !== Kind.LIST_TYPE || list.type.kind !== Kind.NON_NULL_TYPE) return false;
  const item = list.type.type;
  return item.kind === Kind.NAMED_TYPE && TEXTS.has(item.name.value);
}

const TEXTS: ReadonlySet<string> = new Set([GraphQLID.name, GraphQLString.name]);

const insideNonNull = (type: TypeNode) => (type.kind === Kind.NON_NULL_TYPE ? type.type : type);
