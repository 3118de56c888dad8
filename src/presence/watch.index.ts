import type { Watch } from './presence.subject.js';

/** The live watches of this instance, by who watches and by the conversations they depend on. */
export class WatchIndex {
  private readonly byViewer = new Map<string, Set<Watch>>();
  private readonly byConversation = new Map<string, Set<Watch>>();

  get size(): number {
    let sum = 0;
    for (const watches of this.byViewer.values()) sum += watches.size;
    return sum;
  }

  add(watch: Watch): void {
    addTo(this.byViewer, watch.viewerId, watch);
    for (const conversationId of watch.conversations) addTo(this.byConversation, conversationId, watch);
  }

  remove(watch: Watch): void {
    removeFrom(this.byViewer, watch.viewerId, watch);
    this.follow(watch, new Set());
  }

  /** From now on the watch depends on the members of these conversations and of no others. */
  follow(watch: Watch, conversations: ReadonlySet<string>): void {
    for (const conversationId of watch.conversations) removeFrom(this.byConversation, conversationId, watch);
    watch.conversations = conversations;
    for (const conversationId of conversations) addTo(this.byConversation, conversationId, watch);
  }

  *all(): Iterable<Watch> {
    for (const watches of this.byViewer.values()) yield* watches;
  }

  of(viewerId: string): Iterable<Watch> {
    return this.byViewer.get(viewerId) ?? [];
  }

  in(conversationId: string): Iterable<Watch> {
    return this.byConversation.get(conversationId) ?? [];
  }
}

function addTo(index: Map<string, Set<Watch>>, key: string, watch: Watch): void {
  const watches = index.get(key);
  if (watches) watches.add(watch);
  else index.set(key, new Set([watch]));
}

function removeFrom(index: Map<string, Set<Watch>>, key: string, watch: Watch): void {
  const watches = index.get(key);
  watches?.delete(watch);
  if (watches?.size === 0) index.delete(key);
}
