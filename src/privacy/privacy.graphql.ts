import { Field, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import { enumOf } from '../kernel/graphql/enum-of.js';
import { AUDIENCES, ONLINE_AUDIENCES } from './privacy.types.js';
import type { Audience, OnlineAudience, PrivacyInput, PrivacySettings } from './privacy.types.js';

export const AudienceEnum = enumOf(AUDIENCES);
registerEnumType(AudienceEnum, {
  name: 'Audience',
  description: 'Who may see something. CONTACTS: those whom the owner has as a contact.',
});

export const OnlineAudienceEnum = enumOf(ONLINE_AUDIENCES);
registerEnumType(OnlineAudienceEnum, { name: 'OnlineAudience' });

@ObjectType('PrivacySettings')
export class PrivacySettingsType implements PrivacySettings {
  @Field(() => Boolean, { description: 'Shorthand of lastSeen: false exactly when it is NOBODY.' })
  readonly showLastSeen: boolean;

  @Field(() => AudienceEnum)
  readonly lastSeen: Audience;

  @Field(() => OnlineAudienceEnum, {
    description: 'Whoever sees someone come and go can rebuild a hidden last seen: SAME_AS_LAST_SEEN closes that.',
  })
  readonly online: OnlineAudience;

  @Field(() => [ID], {
    description:
      'Users who always see lastSeen and online, and users who never do, whatever the audience says; never wins.',
  })
  readonly alwaysUserIds: readonly string[];

  @Field(() => [ID])
  readonly neverUserIds: readonly string[];

  @Field(() => Boolean, { description: 'Show those who may not see the exact time a bucket instead of nothing.' })
  readonly coarseLastSeen: boolean;

  @Field(() => Boolean, {
    description:
      "Whether others are told that this user is typing; a user who hides it is not told of others' typing either.",
  })
  readonly typing: boolean;

  @Field(() => [ID])
  readonly blockedUserIds: readonly string[];
}

@InputType('PrivacyInput')
export class PrivacyInputType implements PrivacyInput {
  @Field(() => Boolean, { nullable: true })
  readonly showLastSeen?: boolean | null;

  @Field(() => AudienceEnum, { nullable: true })
  readonly lastSeen?: Audience | null;

  @Field(() => OnlineAudienceEnum, { nullable: true })
  readonly online?: OnlineAudience | null;

  @Field(() => [ID], { nullable: true, description: 'Replaces the list; at most 1000 ids.' })
  readonly alwaysUserIds?: readonly string[] | null;

  @Field(() => [ID], { nullable: true, description: 'Replaces the list; at most 1000 ids.' })
  readonly neverUserIds?: readonly string[] | null;

  @Field(() => Boolean, { nullable: true })
  readonly coarseLastSeen?: boolean | null;

  @Field(() => Boolean, { nullable: true })
  readonly typing?: boolean | null;
}
