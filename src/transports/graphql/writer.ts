import {
  defaultFieldResolver,
  GraphQLBoolean,
  GraphQLID,
  GraphQLString,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLFieldResolver,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type SelectionSetNode,
} from 'graphql';
import { DateTime, isoOf } from '../../kernel/graphql/date-time.scalar.js';

/** Writes a value as JSON. Throws for whatever is out of the ordinary: what becomes of that is graphql-js' to say. */
export type Write = (value: unknown) => string;

type Source = Readonly<Record<string, unknown>>;
export type Fields = ReadonlyMap<string, readonly FieldNode[]>;

class OutOfTheOrdinary extends Error {
  constructor() {
    super('A value that no writer is for');
  }
}

/**
 * Most of what graphql-js does for a field is for things that views never have: promises, resolvers, errors, abstract
 * types. A writer knows once and for all which fields there are and writes them one after the other, byte for byte what
 * would come of executing and serialising. Null where the selection itself is out of the ordinary.
 */
export function writerOf(document: DocumentNode, type: GraphQLOutputType, nodes: readonly FieldNode[]): Write | null {
  try {
    return new Compiler(document).write(type, nodes);
  } catch (error) {
    if (error instanceof OutOfTheOrdinary) return null;
    throw error;
  }
}

/** The fields that are selected of an object, by the name they have in the answer. Null for one under a condition. */
export function fieldsOf(
  document: DocumentNode,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): Fields | null {
  try {
    return new Compiler(document).collect(type, sets);
  } catch (error) {
    if (error instanceof OutOfTheOrdinary) return null;
    throw error;
  }
}

class Compiler {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();

  constructor(document: DocumentNode) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    }
  }

  write(type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
    if (!isNonNullType(type)) {
      const write = this.present(type, nodes);
      return (value) => (value === null || value === undefined ? 'null' : write(value));
    }
    const write = this.present(type.ofType as GraphQLOutputType, nodes);
    return (value) => {
      if (value === null || value === undefined) throw new OutOfTheOrdinary();
      return write(value);
    };
  }

  collect(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Fields {
    const fields = new Map<string, FieldNode[]>();
    const visited = new Set<string>();
    for (const set of sets) this.collectInto(fields, visited, type, set);
    return fields;
  }

  /** Of a value that is there. */
  private present(type: GraphQLOutputType, nodes: readonly FieldNode[]): Write {
    if (isLeafType(type)) return leaf(type);
    if (isListType(type)) return list(this.write(type.ofType, nodes));
    if (isObjectType(type)) return this.object(type, nodes);
    throw new OutOfTheOrdinary();
  }

  private object(type: GraphQLObjectType, nodes: readonly FieldNode[]): Write {
    if (type.isTypeOf) throw new OutOfTheOrdinary();
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const parts = [...this.collect(type, sets)].map(([name, own], at) =>
      this.field(type, name, own, at > 0 ? ',' : ''),
    );
    return (value) => {
      if (typeof value !== 'object' || value instanceof Error || 'then' in (value as object))
        throw new OutOfTheOrdinary();
      let text = '{';
      for (const part of parts) text += part(value as Source);
      return `${text}}`;
    };
  }

  private field(
    type: GraphQLObjectType,
    responseName: string,
    nodes: readonly FieldNode[],
    comma: string,
  ): (source: Source) => string {
    const name = nodes[0]?.name.value ?? '';
    const key = `${comma}${JSON.stringify(responseName)}:`;
    if (name === '__typename') return () => `${key}${JSON.stringify(type.name)}`;
    const field = type.getFields()[name];
    if (!field || field.args.length > 0) throw new OutOfTheOrdinary();
    const read = readerOf(name, field.resolve);
    const write = this.write(field.type, nodes);
    return (source) => key + write(read(source));
  }

  private collectInto(
    fields: Map<string, FieldNode[]>,
    visited: Set<string>,
    type: GraphQLObjectType,
    set: SelectionSetNode,
  ): void {
    for (const selection of set.selections) {
      if (selection.directives && selection.directives.length > 0) throw new OutOfTheOrdinary();
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value;
        const alike = fields.get(name);
        if (alike) alike.push(selection);
        else fields.set(name, [selection]);
        continue;
      }
      let inner: {
        readonly typeCondition?: { readonly name: { readonly value: string } };
        selectionSet: SelectionSetNode;
      };
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const name = selection.name.value;
        const fragment = this.fragments.get(name);
        if (!fragment) throw new OutOfTheOrdinary();
        if (visited.has(name)) continue;
        visited.add(name);
        inner = fragment;
      } else inner = selection;
      if (inner.typeCondition && inner.typeCondition.name.value !== type.name) throw new OutOfTheOrdinary();
      this.collectInto(fields, visited, type, inner.selectionSet);
    }
  }
}

/** Nest gives each field that has no resolver of its own one that takes the object and reads a property of it. */
function readerOf(
  name: string,
  resolve: GraphQLFieldResolver<unknown, unknown> | undefined,
): (source: Source) => unknown {
  if (!resolve || resolve === defaultFieldResolver) return (source) => source[name];
  if (resolve.length !== 1) throw new OutOfTheOrdinary();
  return resolve as unknown as (source: Source) => unknown;
}

function list(write: Write): Write {
  return (value) => {
    if (!Array.isArray(value)) throw new OutOfTheOrdinary();
    let text = '[';
    for (let at = 0; at < value.length; at += 1) text += at > 0 ? `,${write(value[at])}` : write(value[at]);
    return `${text}]`;
  };
}

function leaf(type: GraphQLLeafType): Write {
  if (type === GraphQLString || type === GraphQLID)
    return (value) => JSON.stringify(typeof value === 'string' ? value : serialized(type, value));
  if (type === GraphQLBoolean)
    return (value) => (value === true ? 'true' : value === false ? 'false' : JSON.stringify(serialized(type, value)));
  if (type === DateTime)
    // Nothing in it has to be escaped.
    return (value) => (value instanceof Date ? `"${isoOf(value)}"` : JSON.stringify(serialized(type, value)));
  if (isEnumType(type)) {
    const names = new Map(type.getValues().map(({ name, value }) => [value as unknown, JSON.stringify(name)]));
    return (value) => names.get(value) ?? JSON.stringify(serialized(type, value));
  }
  return (value) => JSON.stringify(serialized(type, value));
}

function serialized(type: GraphQLLeafType, value: unknown): unknown {
  // A function would be called, and an error thrown.
  if (typeof value === 'function' || value instanceof Error) throw new OutOfTheOrdinary();
  const result: unknown = type.serialize(value);
  if (result === null || result === undefined) throw new OutOfTheOrdinary();
  return result;
}
