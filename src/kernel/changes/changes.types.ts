/**
 * Something durable changed that other instances may have cached. Says what, never how: whoever needs it reads
 * Postgres again. Applying one twice, late or out of order is harmless.
 */
export type Change =
  /** Created or replaced. */
  | { readonly kind: 'user'; readonly userId: string }
  | { readonly kind: 'userDeleted'; readonly userId: string }
  /** `otherId` became or ceased to be a contact of `userId`. */
  | { readonly kind: 'contact'; readonly userId: string; readonly otherId: string }
  | { readonly kind: 'member'; readonly userId: string; readonly conversationId: string }
  /** Audiences or exception lists. */
  | { readonly kind: 'privacy'; readonly userId: string }
  | { readonly kind: 'block'; readonly userId: string; readonly otherId: string }
  | { readonly kind: 'custom'; readonly userId: string }
  /** Too many to name (an import): forget everything that was cached and look at every watched set again. */
  | { readonly kind: 'everything' };
