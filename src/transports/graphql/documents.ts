import { Injectable } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { Config } from '../../kernel/config/config.js';
import { DOCUMENT_TOKENS_MAX, overLimit, refused } from './limits.js';

/** Characters of text whose documents are kept; a parsed document takes some twenty times its text. */
const KEPT_CHARACTERS_MAX = 2 * 1024 * 1024;

/** A document that is safe to execute, or why it is not. */
export type Taken =
  | { readonly document: DocumentNode; readonly errors?: undefined }
  | { readonly document?: undefined; readonly errors: readonly GraphQLError[] };

/** Every document that clients send, parsed, held to the limits and validated once for all of them. */
@Injectable()
export class Documents {
  private readonly taken = new LRUCache<string, DocumentNode>({
    maxSize: KEPT_CHARACTERS_MAX,
    sizeCalculation: (_document, text) => text.length + 1,
  });
  private readonly withinLimits = new LRUCache<string, true>({
    maxSize: KEPT_CHARACTERS_MAX,
    sizeCalculation: (_true, text) => text.length + 1,
  });

  constructor(
    private readonly host: GraphQLSchemaHost,
    private readonly config: Config,
  ) {}

  /** For a wire that executes by itself. */
  take(text: string): Taken {
    const known = this.taken.get(text);
    if (known) return { document: known };
    const { document, error } = this.read(text);
    if (error) return { errors: [error] };
    const errors = validate(this.host.schema, document, this.rules(), { hideSuggestions: this.config.production });
    if (errors.length > 0) return { errors: errors.map((one) => coded(one, 'GRAPHQL_VALIDATION_FAILED')) };
    this.taken.set(text, document);
    return { document };
  }

  /** For a wire that parses and validates by itself: only what the limits refuse; null for what does not parse. */
  overLimit(text: string): GraphQLError | null {
    if (this.withinLimits.has(text)) return null;
    const { error } = this.read(text);
    if (error) return error.extensions['code'] === 'BAD_USER_INPUT' ? error : null;
    this.withinLimits.set(text, true);
    return null;
  }

  private read(
    text: string,
  ): { document: DocumentNode; error?: undefined } | { document?: undefined; error: GraphQLError } {
    let document: DocumentNode;
    try {
      document = parse(text, { maxTokens: DOCUMENT_TOKENS_MAX });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      const long = error.message.includes('Parsing aborted');
      return {
        error: long ? refused(`of more than ${DOCUMENT_TOKENS_MAX} tokens`) : coded(error, 'GRAPHQL_PARSE_FAILED'),
      };
    }
    const over = overLimit(document, !this.config.production);
    return over ? { error: over } : { document };
  }

  private rules() {
    return this.config.production ? [...specifiedRules, NoSchemaIntrospectionCustomRule] : specifiedRules;
  }
}

function coded(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes, source, positions } = error;
  return new GraphQLError(message, { nodes, source, positions, extensions: { code } });
}
