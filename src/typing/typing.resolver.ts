import { Args, ID, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import { Me } from '../kernel/auth/me.decorator.js';
import type { Caller } from '../kernel/caller.js';
import type { Stream } from '../kernel/stream.js';
import { TypingFeed } from './typing.feed.js';
import { TypingResultType, UserTypingType } from './typing.graphql.js';
import { TypingService } from './typing.service.js';
import type { TypingResultView, TypingView } from './typing.types.js';

@Resolver(() => UserTypingType)
export class TypingResolver {
  constructor(
    private readonly typing: TypingService,
    private readonly feed: TypingFeed,
  ) {}

  @Query(() => [UserTypingType])
  typingUsers(
    @Me() caller: Caller,
    @Args('conversationId', { type: () => ID }) conversationId: string,
  ): Promise<readonly TypingView[]> {
    return this.typing.typists(caller, conversationId);
  }

  @Mutation(() => TypingResultType)
  typingStart(
    @Me() caller: Caller,
    @Args('conversationId', { type: () => ID }) conversationId: string,
  ): Promise<TypingResultView> {
    return this.typing.start(caller, conversationId);
  }

  @Mutation(() => TypingResultType)
  typingStop(
    @Me() caller: Caller,
    @Args('conversationId', { type: () => ID }) conversationId: string,
  ): Promise<TypingResultView> {
    return this.typing.stop(caller, conversationId);
  }

  @Subscription(() => UserTypingType, {
    description:
      "Members only; never the viewer's own typing. conversationId omitted: every conversation the viewer is in.",
    resolve: (view: TypingView) => view,
  })
  userTyping(
    @Me() caller: Caller,
    @Args('conversationId', { type: () => ID, nullable: true }) conversationId?: string | null,
  ): Promise<Stream<TypingView>> {
    return this.feed.watch(caller, conversationId ?? null);
  }
}
