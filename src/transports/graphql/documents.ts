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
import { Config } from '../../kernel/config/config.js';
import { KeptDocuments } from './kept.documents.js';
import { DOCUMENT_TOKENS_MAX, overLimit, refused } from './limits.js';
import { merged } from './merge.js';

/** A document that is safe to execute, or why it is not. */
export type Taken =
  | { readonly document: DocumentNode; readonly errors?: undefined }
  | { readonly document?: undefined; readonly errors: readonly GraphQLError[] };

/** Every document that clients send, parsed, held to the limits and validated once for all of them. */
@Injectable()
export class Documents {
  constructor(
    private readonly kept: KeptDocuments,
    private readonly host: GraphQLSchemaHost,
    private readonly config: Config,
  ) {}

  /** One that is known to be safe; undefined: `take` has to say. */
  known(text: string): DocumentNode | undefined {
    return this.kept.find(text);
  }

  take(text: string): Taken {
    const known = this.kept.find(text);
    if (known) return { document: known };
    const taken = this.read(text);
    if (taken.document) this.kept.keep(text, taken.document);
    return taken;
  }

  private read(text: string): Taken {
    let document: DocumentNode;
    try {
      document = parse(text, { maxTokens: DOCUMENT_TOKENS_MAX });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return { errors: [unreadable(error)] };
    }
    const over = overLimit(document, !this.config.production);
    if (over) return { errors: [over] };
    const options = { hideSuggestions: this.config.production };
    const errors = validate(this.host.schema, merged(document), this.rules(), options);
    return errors.length > 0 ? { errors: errors.map((one) => coded(one, 'GRAPHQL_VALIDATION_FAILED')) } : { document };
  }

  private rules() {
    return this.config.production ? [...specifiedRules, NoSchemaIntrospectionCustomRule] : specifiedRules;
  }
}

function unreadable(error: GraphQLError): GraphQLError {
  // The parser has no other way of saying that it gave up counting.
  const long = error.message.includes('Parsing aborted');
  return long ? refused(`of more than ${DOCUMENT_TOKENS_MAX} tokens`) : coded(error, 'GRAPHQL_PARSE_FAILED');
}

function coded(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes, source, positions } = error;
  return new GraphQLError(message, { nodes, source, positions, extensions: { code } });
}
