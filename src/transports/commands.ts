import { Injectable } from '@nestjs/common';
import type { Caller } from '../kernel/caller.js';
import { Directory } from '../kernel/directory/directory.service.js';
import type { User } from '../kernel/directory/directory.types.js';
import { badInput, Refusal, unauthenticated } from '../kernel/errors.js';
import { checkId } from '../kernel/input.js';
import { OnlineLists } from '../presence/online.service.js';
import { PresenceService } from '../presence/presence.service.js';
import type { PresenceView } from '../presence/presence.types.js';
import { TypingService } from '../typing/typing.service.js';

export type Fields = Readonly<Record<string, unknown>>;

/** What clients of the older sockets can ask for. Arguments come as they were sent. */
@Injectable()
export class Commands {
  constructor(
    private readonly presence: PresenceService,
    private readonly lists: OnlineLists,
    private readonly typing: TypingService,
    private readonly directory: Directory,
  ) {}

  async heartbeat(caller: Caller, active: unknown): Promise<void> {
    await this.presence.heartbeat(caller, { active: checkActive(active) });
  }

  /** Answers who types, for those wires that tell it back. */
  async type(caller: Caller, conversationId: unknown, isTyping: boolean): Promise<User> {
    const id = checkId(conversationId, 'The conversation');
    if (isTyping) await this.typing.start(caller, id);
    else await this.typing.stop(caller, id);
    const user = await this.directory.user(caller.userId);
    if (!user) throw unauthenticated();
    return user;
  }

  online(caller: Caller): Promise<readonly PresenceView[]> {
    return this.lists.around(caller, null);
  }

  see(caller: Caller, userId: unknown): Promise<PresenceView> {
    return this.presence.userStatus(caller, checkId(userId, 'userId'));
  }
}

/** Whoever names themselves has to be themselves; naming nobody is fine. */
export function checkSelf(caller: Caller, userId: unknown): void {
  if (userId === undefined || userId === null) return;
  if (checkId(userId, 'The user') !== caller.userId) throw new Refusal('FORBIDDEN', 'That is somebody else');
}

/** The data of a message; none is an empty object. */
export function fieldsOf(data: unknown): Fields {
  if (data === undefined || data === null) return {};
  if (typeof data !== 'object' || Array.isArray(data)) throw badInput('The data is not an object');
  return { ...data };
}

export function listOf(value: unknown, what: string): readonly string[] {
  if (!Array.isArray(value)) throw badInput(`${what} is a list of ids`);
  // Whether each is an id is checked by whoever takes them.
  return value as readonly string[];
}

function checkActive(active: unknown): boolean {
  if (active === undefined || active === null) return true;
  if (typeof active !== 'boolean') throw badInput('active is true or false');
  return active;
}
