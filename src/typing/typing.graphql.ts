import { Field, ID, ObjectType } from '@nestjs/graphql';
import type { User } from '../kernel/directory/directory.types.js';
import { DateTime } from '../kernel/graphql/date-time.scalar.js';
import { UserType } from '../kernel/graphql/user.graphql.js';
import type { TypingResultView, TypingView } from './typing.types.js';

@ObjectType('UserTyping')
export class UserTypingType implements TypingView {
  @Field(() => ID)
  readonly conversationId: string;

  @Field(() => ID)
  readonly userId: string;

  @Field(() => UserType)
  readonly user: User;

  @Field(() => Boolean)
  readonly isTyping: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When isTyping: the receiver may clear the indicator at this time by itself.',
  })
  readonly expiresAt: Date | null;
}

@ObjectType('TypingResult')
export class TypingResultType implements TypingResultView {
  @Field(() => Boolean)
  readonly success: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Until when others see the user as typing unless it is refreshed; null after typingStop.',
  })
  readonly expiresAt: Date | null;
}
