import { ArgsType, Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { SHOWN } from '../engine/engine.js';
import type { Shown } from '../engine/engine.js';
import { PLATFORMS } from '../kernel/caller.js';
import type { Platform } from '../kernel/caller.js';
import type { User } from '../kernel/directory/directory.types.js';
import { DateTime } from '../kernel/graphql/date-time.scalar.js';
import { enumOf } from '../kernel/graphql/enum-of.js';
import { UserType } from '../kernel/graphql/user.graphql.js';
import { PrivacySettingsType } from '../privacy/privacy.graphql.js';
import type { PrivacySettings } from '../privacy/privacy.types.js';
import { CUSTOM_STATUSES, LAST_SEEN_BUCKETS } from './presence.types.js';
import type {
  ConnectionView,
  CustomStatus,
  HeartbeatInput,
  HeartbeatView,
  LastSeenBucket,
  MessageInput,
  MessageView,
  MeView,
  OnlineUsersView,
  PresenceView,
} from './presence.types.js';

export const UserStatusEnum = enumOf(SHOWN);
registerEnumType(UserStatusEnum, { name: 'UserStatus', description: 'What other people see.' });

export const CustomStatusEnum = enumOf(CUSTOM_STATUSES);
registerEnumType(CustomStatusEnum, {
  name: 'CustomStatus',
  description: 'What a user asks to be shown as while connected. INVISIBLE: others see OFFLINE.',
});

export const LastSeenBucketEnum = enumOf(LAST_SEEN_BUCKETS);
registerEnumType(LastSeenBucketEnum, {
  name: 'LastSeenBucket',
  description: 'RECENTLY: within 3 days. THIS_WEEK: 7 days. THIS_MONTH: 30 days. LONG_AGO: more, or never, or blocked.',
});

export const PlatformEnum = enumOf(PLATFORMS);
registerEnumType(PlatformEnum, { name: 'Platform', description: 'Kind of client behind a connection.' });

@ObjectType('StatusMessage', {
  description: 'A short text beside the status, as people know it from Slack or Discord.',
})
export class StatusMessageType implements MessageView {
  @Field(() => String)
  readonly text: string;

  @Field(() => String, { nullable: true })
  readonly emoji: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Cleared by the server at this time; null: kept until replaced.',
  })
  readonly expiresAt: Date | null;
}

@ObjectType('UserPresence', { description: "One user's presence as the asking viewer may see it." })
export class UserPresenceType implements PresenceView {
  @Field(() => ID)
  readonly userId: string;

  @Field(() => UserType)
  readonly user: User;

  @Field(() => UserStatusEnum)
  readonly status: Shown;

  @Field(() => Boolean, { description: 'True for every status but OFFLINE.' })
  readonly isOnline: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'While online: the last sign of activity. While offline: when the user was last online. Null where privacy hides it.',
  })
  readonly lastSeen: Date | null;

  @Field(() => LastSeenBucketEnum, {
    nullable: true,
    description: 'A coarse answer where the exact one is hidden and the owner allows a bucket; null otherwise.',
  })
  readonly lastSeenBucket: LastSeenBucket | null;

  @Field(() => StatusMessageType, { nullable: true })
  readonly message: MessageView | null;

  @Field(() => [PlatformEnum], { description: 'Platforms with a live connection; empty when OFFLINE.' })
  readonly platforms: readonly Platform[];

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the status that this viewer sees began; null where that would tell what privacy hides.',
  })
  readonly since: Date | null;
}

@ObjectType('Connection')
export class ConnectionType implements ConnectionView {
  @Field(() => ID)
  readonly id: string;

  @Field(() => PlatformEnum)
  readonly platform: Platform;

  @Field(() => Boolean, { description: 'True while the client reports activity.' })
  readonly active: boolean;

  @Field(() => DateTime)
  readonly connectedAt: Date;
}

@ObjectType('Me', { description: "The signed-in user's own view: nothing hidden." })
export class MeType implements MeView {
  @Field(() => UserType)
  readonly user: User;

  @Field(() => UserPresenceType)
  readonly presence: PresenceView;

  @Field(() => CustomStatusEnum)
  readonly customStatus: CustomStatus;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Last time the user did something (not merely held a connection).',
  })
  readonly lastActive: Date | null;

  @Field(() => PrivacySettingsType)
  readonly privacy: PrivacySettings;

  @Field(() => [ConnectionType])
  readonly connections: readonly ConnectionView[];
}

@ObjectType('OnlineUsers')
export class OnlineUsersType implements OnlineUsersView {
  @Field(() => [UserPresenceType], { description: 'Page of users who are online as the viewer may see them.' })
  readonly nodes: readonly PresenceView[];

  @Field(() => Int)
  readonly totalCount: number;

  @Field(() => String, { nullable: true, description: 'Pass as after for the next page; null at the end.' })
  readonly endCursor: string | null;
}

@ObjectType('HeartbeatResult')
export class HeartbeatResultType implements HeartbeatView {
  @Field(() => Boolean)
  readonly success: boolean;

  @Field(() => Int)
  readonly nextHeartbeatInSeconds: number;

  @Field(() => UserPresenceType)
  readonly presence: PresenceView;
}

@ArgsType()
export class HeartbeatArgs implements HeartbeatInput {
  @Field(() => ID, { nullable: true })
  readonly deviceId?: string | null;

  @Field(() => Boolean, { nullable: true, defaultValue: true })
  readonly active?: boolean | null;

  @Field(() => PlatformEnum, { nullable: true })
  readonly platform?: Platform | null;
}

@InputType('StatusMessageInput')
export class StatusMessageInputType implements MessageInput {
  @Field(() => String, { description: '1 to 140 characters.' })
  readonly text: string;

  @Field(() => String, { nullable: true, description: 'One emoji or :shortcode:.' })
  readonly emoji?: string | null;

  @Field(() => Int, { nullable: true, description: 'Seconds from now until it clears itself.' })
  readonly clearAfterSeconds?: number | null;
}
