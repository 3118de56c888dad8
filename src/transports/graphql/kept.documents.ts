import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Characters of text whose documents are kept; a parsed document takes some twenty times its text. */
const KEPT_CHARACTERS_MAX = 2 * 1024 * 1024;
const SHA256_DIGITS = 64;

interface Kept {
  readonly document: DocumentNode;
  readonly hash: string;
}

/** Documents that are safe to execute, by their text, and for Apollo by its hash. */
@Injectable()
export class KeptDocuments {
  private readonly byHash = new Map<string, DocumentNode>();
  private readonly byText = new LRUCache<string, Kept>({
    maxSize: KEPT_CHARACTERS_MAX,
    sizeCalculation: (_kept, text) => text.length + 1,
    dispose: ({ hash }) => this.byHash.delete(hash),
  });

  find(text: string): DocumentNode | undefined {
    return this.byText.get(text)?.document;
  }

  keep(text: string, document: DocumentNode): void {
    const hash = createHash('sha256').update(text).digest('hex');
    this.byText.set(text, { document, hash });
    this.byHash.set(hash, document);
  }

  /** What Apollo asks before it parses. Its keys end with the hash; it has nothing to add to what is kept here. */
  readonly store = {
    get: (key: string): Promise<DocumentNode | undefined> =>
      Promise.resolve(this.byHash.get(key.slice(-SHA256_DIGITS))),
    set: (): Promise<void> => Promise.resolve(),
    delete: (): Promise<void> => Promise.resolve(),
  };
}
