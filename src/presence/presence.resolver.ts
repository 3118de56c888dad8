import { Args, ID, Int, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import { Me } from '../kernel/auth/me.decorator.js';
import type { Caller } from '../kernel/caller.js';
import { badInput } from '../kernel/errors.js';
import type { Stream } from '../kernel/stream.js';
import { OnlineLists } from './online.service.js';
import { PresenceFeed } from './presence.feed.js';
import {
  CustomStatusEnum,
  HeartbeatArgs,
  HeartbeatResultType,
  MeType,
  OnlineUsersType,
  StatusMessageInputType,
  UserPresenceType,
} from './presence.graphql.js';
import { PresenceService } from './presence.service.js';
import type {
  CustomStatus,
  HeartbeatView,
  MeView,
  OnlineUsersView,
  PresenceView,
  WatchTarget,
} from './presence.types.js';

type Maybe<T> = T | null | undefined;

@Resolver(() => UserPresenceType)
export class PresenceResolver {
  constructor(
    private readonly presence: PresenceService,
    private readonly lists: OnlineLists,
    private readonly feed: PresenceFeed,
  ) {}

  @Query(() => MeType)
  me(@Me() caller: Caller): Promise<MeView> {
    return this.presence.me(caller);
  }

  @Query(() => UserPresenceType)
  userStatus(@Me() caller: Caller, @Args('userId', { type: () => ID }) userId: string): Promise<PresenceView> {
    return this.presence.userStatus(caller, userId);
  }

  @Query(() => [UserPresenceType], {
    nullable: 'items',
    description: 'Same length and order as userIds; null where there is no such user. At most 500 ids.',
  })
  userStatuses(
    @Me() caller: Caller,
    @Args('userIds', { type: () => [ID] }) userIds: string[],
  ): Promise<readonly (PresenceView | null)[]> {
    return this.presence.userStatuses(caller, userIds);
  }

  @Query(() => OnlineUsersType, {
    description: "The viewer's contacts, or with conversationId that conversation's members, who are online.",
  })
  onlineUsers(
    @Me() caller: Caller,
    @Args('conversationId', { type: () => ID, nullable: true }) conversationId: Maybe<string>,
    @Args('excludeUserId', { type: () => ID, nullable: true }) excludeUserId: Maybe<string>,
    @Args('first', { type: () => Int, nullable: true, defaultValue: 50 }) first: Maybe<number>,
    @Args('after', { type: () => String, nullable: true }) after: Maybe<string>,
  ): Promise<OnlineUsersView> {
    return this.lists.page(caller, {
      conversationId: conversationId ?? null,
      excludeUserId: excludeUserId ?? null,
      first: first ?? null,
      after: after ?? null,
    });
  }

  @Mutation(() => UserPresenceType, { description: 'At least one argument. clearMessage removes the message.' })
  setCustomStatus(
    @Me() caller: Caller,
    @Args('status', { type: () => CustomStatusEnum, nullable: true }) status: Maybe<CustomStatus>,
    @Args('message', { type: () => StatusMessageInputType, nullable: true }) message: Maybe<StatusMessageInputType>,
    @Args('clearMessage', { type: () => Boolean, nullable: true }) clearMessage: Maybe<boolean>,
  ): Promise<PresenceView> {
    return this.presence.setCustomStatus(caller, { status, message, clearMessage });
  }

  @Mutation(() => HeartbeatResultType, {
    description:
      'Keeps (or makes) the caller online. deviceId names a client that holds no socket; active=false reports an idle device.',
  })
  heartbeat(
    @Me() caller: Caller,
    // One object: each argument by itself is looked up by itself, with every heartbeat.
    @Args() input: HeartbeatArgs,
  ): Promise<HeartbeatView> {
    return this.presence.heartbeat(caller, input);
  }

  @Mutation(() => UserPresenceType, {
    description:
      "Drop the device's lease, or without deviceId every one of the caller's connections, at once and with no grace period.",
  })
  goOffline(
    @Me() caller: Caller,
    @Args('deviceId', { type: () => ID, nullable: true }) deviceId: Maybe<string>,
  ): Promise<PresenceView> {
    return this.presence.goOffline(caller, deviceId ?? null);
  }

  @Subscription(() => UserPresenceType, {
    description:
      "userIds: these users (at most 1000). conversationId: its members. Neither: the viewer's contacts, kept current as contacts change. snapshot: first one event per watched user with the state as it is. Never an event about the viewer's own user unless named in userIds.",
    resolve: (view: PresenceView) => view,
  })
  statusChanged(
    @Me() caller: Caller,
    @Args('userIds', { type: () => [ID], nullable: true }) userIds: Maybe<string[]>,
    @Args('conversationId', { type: () => ID, nullable: true }) conversationId: Maybe<string>,
    @Args('snapshot', { type: () => Boolean, nullable: true, defaultValue: false }) snapshot: Maybe<boolean>,
  ): Promise<Stream<PresenceView>> {
    return this.feed.watch(caller, targetOf(userIds ?? null, conversationId ?? null), snapshot ?? false);
  }
}

function targetOf(userIds: readonly string[] | null, conversationId: string | null): WatchTarget {
  if (userIds !== null && conversationId !== null) throw badInput('Give userIds or conversationId, not both');
  if (userIds !== null) return { userIds };
  return conversationId !== null ? { conversationId } : { contacts: true };
}
