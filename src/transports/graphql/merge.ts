import {
  Kind,
  print,
  type ASTNode,
  type DefinitionNode,
  type DocumentNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * The document with selections that are alike made one, as an executor would. It is valid exactly when the document
 * is. Only for validation, which compares every two fields of one name with each other: some three hundred repetitions
 * within the limits keep it busy for a tenth of a second. The order of an answer's fields may differ.
 */
export function merged(document: DocumentNode): DocumentNode {
  return { ...document, definitions: document.definitions.map(inDefinition) };
}

function inDefinition(definition: DefinitionNode): DefinitionNode {
  if (definition.kind !== Kind.OPERATION_DEFINITION && definition.kind !== Kind.FRAGMENT_DEFINITION) return definition;
  return { ...definition, selectionSet: inSet(definition.selectionSet) };
}

function inSet(set: SelectionSetNode): SelectionSetNode {
  const alike = new Map<string, SelectionNode[]>();
  for (const selection of set.selections) {
    const key = keyOf(selection);
    const known = alike.get(key);
    if (known) known.push(selection);
    else alike.set(key, [selection]);
  }
  return { ...set, selections: [...alike.values()].map(inOne) };
}

/** One for several that differ in nothing but what they select below. */
function inOne(all: readonly SelectionNode[]): SelectionNode {
  const [first] = all as readonly [SelectionNode];
  if (first.kind === Kind.FRAGMENT_SPREAD || !first.selectionSet) return first;
  const selections = all.flatMap((one) =>
    one.kind === Kind.FRAGMENT_SPREAD ? [] : (one.selectionSet?.selections ?? []),
  );
  return { ...first, selectionSet: inSet({ ...first.selectionSet, selections }) };
}

function keyOf(selection: SelectionNode): string {
  const directives = textOf(selection.directives);
  switch (selection.kind) {
    case Kind.FIELD: {
      const { alias, name, arguments: given, selectionSet } = selection;
      // A field with and one without a selection are never alike: one of them is wrong.
      return `${alias?.value ?? ''}:${name.value}(${textOf(given)})${directives}${selectionSet ? '{' : ''}`;
    }
    case Kind.INLINE_FRAGMENT:
      return `... on ${selection.typeCondition?.name.value ?? ''} ${directives}`;
    case Kind.FRAGMENT_SPREAD:
      return `...${selection.name.value} ${directives}`;
  }
}

function textOf(nodes: readonly ASTNode[] | undefined): string {
  return nodes?.map(print).join(' ') ?? '';
}
