import {
  getOperationAST,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';

/** What a subscription selects of every view, without what it was opened with. */
export interface Selection {
  /** The one operation, without the root field's arguments and the variables that only they used. */
  readonly document: DocumentNode;
  /** The variables that are left: with the same values of these, two subscribers are answered alike. */
  readonly variables: readonly string[];
}

/** Of a valid document and a subscription in it. Arguments of the root field choose what is watched, never what is shown. */
export function selectionOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName?: string | null,
): Selection | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  const others = document.definitions.filter(({ kind }) => kind !== Kind.OPERATION_DEFINITION);
  const bare = withoutRootArguments(schema, { ...document, definitions: [operation, ...others] });
  const used = variablesOf(bare);
  const kept = (operation.variableDefinitions ?? []).filter(({ variable }) => used.has(variable.name.value));
  const definitions = bare.definitions.map((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? { ...definition, variableDefinitions: kept } : definition,
  );
  return { document: { ...bare, definitions }, variables: kept.map(({ variable }) => variable.name.value) };
}

function withoutRootArguments(schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const types = new TypeInfo(schema);
  const root = schema.getSubscriptionType();
  const visitor = visitWithTypeInfo(types, {
    Field: (node) => (types.getParentType() === root ? { ...node, arguments: [] } : undefined),
  });
  return visit<DocumentNode>(document, visitor);
}

/** Those that stand anywhere but in the definitions of the operation itself. */
function variablesOf(document: DocumentNode): ReadonlySet<string> {
  const used = new Set<string>();
  visit(document, {
    OperationDefinition: (node: OperationDefinitionNode) => ({ ...node, variableDefinitions: [] }),
    Variable: (node) => void used.add(node.name.value),
  });
  return used;
}
