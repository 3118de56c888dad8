import {
  GraphQLError,
  Kind,
  TokenKind,
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  type Token,
} from 'graphql';

/** What an operation may cost, with its fragments written out at every place that spreads them. */
export const LIMITS = { depth: 8, aliases: 30, tokens: 2000 } as const;
/** For operations that select nothing but `__schema`, `__type` and `__typename`, where introspection is allowed. */
const INTROSPECTION_DEPTH = 20;
/** Of a whole document, before any fragment is written out: room for a few operations, and a short time to parse. */
export const DOCUMENT_TOKENS_MAX = 4 * LIMITS.tokens;

const INTROSPECTION_FIELDS = new Set(['__schema', '__type', '__typename']);

interface Cost {
  /** Fields nested in each other; a field of the root is 1. */
  readonly depth: number;
  readonly aliases: number;
  readonly tokens: number;
  /** Whether the outermost selection has only introspection fields. */
  readonly introspects: boolean;
}

const NOTHING: Cost = { depth: 0, aliases: 0, tokens: 0, introspects: true };

/**
 * Why the document is refused, or null. All of its operations and fragments are held to the limits, whichever is asked
 * for, so that validating the document stays cheap too. Each fragment is looked at once, however often it is spread.
 */
export function overLimit(document: DocumentNode, introspection: boolean): GraphQLError | null {
  const expanded = new Expansion(document);
  for (const definition of document.definitions) {
    const cost = expanded.costOf(definition);
    const depthMax = introspection && cost.introspects ? INTROSPECTION_DEPTH : LIMITS.depth;
    // How deep a fragment stands is known only of the operation that spreads it.
    if (definition.kind === Kind.OPERATION_DEFINITION && cost.depth > depthMax)
      return refused(`deeper than ${depthMax} fields`);
    if (cost.aliases > LIMITS.aliases) return refused(`of more than ${LIMITS.aliases} aliases`);
    if (cost.tokens > LIMITS.tokens) return refused(`of more than ${LIMITS.tokens} tokens`);
  }
  return null;
}

export function refused(what: string): GraphQLError {
  return new GraphQLError(`The operation is ${what}`, { extensions: { code: 'BAD_USER_INPUT' } });
}

class Expansion {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly costs = new Map<string, Cost>();

  constructor(document: DocumentNode) {
    for (const definition of document.definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    }
  }

  costOf(definition: DefinitionNode): Cost {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) return this.spread(definition.name.value);
    // Anything but an operation is refused by validation.
    if (definition.kind !== Kind.OPERATION_DEFINITION) return NOTHING;
    return this.inside(definition.selectionSet, tokensBetween(definition.loc?.startToken, definition.loc?.endToken));
  }

  /** The cost of a selection set whose own text, with what stands around it, has `tokens`. */
  private inside(set: SelectionSetNode, tokens: number): Cost {
    const sum = { depth: 0, aliases: 0, tokens, introspects: true };
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const below = selection.selectionSet ? this.inside(selection.selectionSet, 0) : NOTHING;
        add(sum, { ...below, depth: below.depth + 1, introspects: INTROSPECTION_FIELDS.has(selection.name.value) });
        if (selection.alias) sum.aliases += 1;
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        add(sum, this.inside(selection.selectionSet, 0));
      } else {
        const spread = this.spread(selection.name.value);
        // The name gives way to what the fragment says.
        add(sum, { ...spread, tokens: spread.tokens - 1 });
      }
    }
    return sum;
  }

  private spread(name: string): Cost {
    const known = this.costs.get(name);
    if (known) return known;
    const fragment = this.fragments.get(name);
    if (!fragment) return NOTHING;
    // A fragment met inside itself costs nothing there; validation refuses the circle.
    this.costs.set(name, NOTHING);
    const all = tokensBetween(fragment.loc?.startToken, fragment.loc?.endToken);
    // Without the words `fragment` and its name: `... on Type {…}` is what would stand there.
    const cost = this.inside(fragment.selectionSet, all - 2);
    this.costs.set(name, cost);
    return cost;
  }
}

function add(sum: { depth: number; aliases: number; tokens: number; introspects: boolean }, cost: Cost): void {
  sum.depth = Math.max(sum.depth, cost.depth);
  sum.aliases += cost.aliases;
  sum.tokens += cost.tokens;
  sum.introspects &&= cost.introspects;
}

/** Both ends included. */
function tokensBetween(first: Token | undefined, last: Token | undefined): number {
  let count = 1;
  for (let token = first; token && token !== last; token = token.next ?? undefined) {
    if (token.kind !== TokenKind.SOF && token.kind !== TokenKind.COMMENT) count += 1;
  }
  return count;
}
