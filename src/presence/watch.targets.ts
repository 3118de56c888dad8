import type { Directory } from '../kernel/directory/directory.service.js';
import { badInput, conversationNotFound } from '../kernel/errors.js';
import type { Watch } from './presence.watch.js';
import type { MovingTarget } from './presence.types.js';
import type { WatchIndex } from './watch.index.js';

/** Users a subscription; contacts and members beyond it, by id, are not watched. */
export const WATCHED_MAX = 1000;
/** Users a socket, over all its subscriptions. */
export const WATCHED_BY_SOCKET_MAX = 5000;
/** Conversations whose members a caller has around; by id, the rest is left out. */
const CONVERSATIONS_MAX = 1000;

/** Whom a watch is about, as the directory has it now. */
export class WatchTargets {
  constructor(
    private readonly directory: Directory,
    private readonly index: WatchIndex,
  ) {}

  /** Distinct, bounded, without the viewer unless named. Refuses CONVERSATION_NOT_FOUND. */
  async meant(watch: Watch, target: MovingTarget): Promise<readonly string[]> {
    const { viewerId } = watch;
    if ('around' in target) return this.around(watch, target.around);
    if ('contacts' in target) return this.directory.contactsOf(viewerId, WATCHED_MAX);
    if (!(await this.directory.isMember(target.conversationId, viewerId))) throw conversationNotFound();
    const members = await this.directory.membersOf(target.conversationId, WATCHED_MAX + 1);
    return members.filter((userId) => userId !== viewerId).slice(0, WATCHED_MAX);
  }

  private async around(watch: Watch, named: ReadonlySet<string>): Promise<readonly string[]> {
    const conversations = await this.directory.conversationsOf(watch.viewerId, CONVERSATIONS_MAX);
    // Before their members are read: whoever joins meanwhile is looked for again.
    if (!watch.closed) this.index.follow(watch, new Set(conversations));
    const people = await this.directory.acquaintancesOf(watch.viewerId, WATCHED_BY_SOCKET_MAX - named.size);
    return [...new Set([...named, ...people])];
  }
}

/** Refuses BAD_USER_INPUT where a socket would watch more than it may. */
export function checkBudget(watch: Watch, more: number): void {
  if (watch.budget.users + more <= WATCHED_BY_SOCKET_MAX) return;
  throw badInput(`A connection watches at most ${WATCHED_BY_SOCKET_MAX} users`);
}
