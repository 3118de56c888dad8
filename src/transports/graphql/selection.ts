import {
  getOperationAST,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { fieldsOf, type Write, writerOf } from './writer.js';

/** What a subscription selects of every view, without what it was opened with. */
export interface Selection {
  /** The one operation, without the root field's arguments and the variables that only they used. */
  readonly document: DocumentNode;
  /** The variables that are left: with the same values of these, two subscribers are answered alike. */
  readonly variables: readonly string[];
  /** The whole payload for a view; null where it takes an execution to tell. */
  readonly write: Write | null;
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
  const selected = { ...bare, definitions };
  const variables = kept.map(({ variable }) => variable.name.value);
  return { document: selected, variables, write: payloadWriterOf(schema, selected) };
}

function payloadWriterOf(schema: GraphQLSchema, document: DocumentNode): Write | null {
  const type = schema.getSubscriptionType();
  const operation = getOperationAST(document);
  const [first] = (type && operation && fieldsOf(document, type, [operation.selectionSet])) ?? [];
  const field = first && type?.getFields()[first[1][0]?.name.value ?? ''];
  if (!first || !field || !givesBack(field)) return null;
  const write = writerOf(document, field.type, first[1]);
  const head = `{"data":{${JSON.stringify(first[0])}:`;
  return write && ((view) => `${head}${write(view)}}}`);
}

/** A stream yields views as they are shown; a field that made something else of them would have to be executed. */
function givesBack({ resolve }: GraphQLField<unknown, unknown>): boolean {
  const probe = {};
  return resolve?.(probe, {}, {}, {} as GraphQLResolveInfo) === probe;
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
