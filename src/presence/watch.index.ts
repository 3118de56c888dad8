import { Multimap } from '../kernel/multimap.js';
import type { Watch } from './presence.watch.js';

/** The live watches of this instance, by who watches and by the conversations they depend on. */
export class WatchIndex {
  private readonly byViewer = new Multimap<string, Watch>();
  private readonly byConversation = new Multimap<string, Watch>();

  get size(): number {
    let sum = 0;
    for (const viewerId of this.byViewer.keys()) sum += this.byViewer.count(viewerId);
    return sum;
  }

  add(watch: Watch): void {
    this.byViewer.add(watch.viewerId, watch);
    for (const conversationId of watch.conversations) this.byConversation.add(conversationId, watch);
  }

  remove(watch: Watch): void {
    this.byViewer.delete(watch.viewerId, watch);
    this.follow(watch, new Set());
  }

  /** From now on the watch depends on the members of these conversations and of no others. */
  follow(watch: Watch, conversations: ReadonlySet<string>): void {
    for (const conversationId of watch.conversations) this.byConversation.delete(conversationId, watch);
    watch.conversations = conversations;
    for (const conversationId of conversations) this.byConversation.add(conversationId, watch);
  }

  all(): Iterable<Watch> {
    return this.byViewer.values();
  }

  of(viewerId: string): Iterable<Watch> {
    return this.byViewer.of(viewerId);
  }

  in(conversationId: string): Iterable<Watch> {
    return this.byConversation.of(conversationId);
  }
}
