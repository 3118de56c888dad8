/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@apollo/client';
import { gql } from '@apollo/client';
/** Who may see something. CONTACTS: those whom the owner has as a contact. */
export type Audience =
  | 'CONTACTS'
  | 'EVERYONE'
  | 'NOBODY';

/** What a user asks to be shown as while connected. INVISIBLE: others see OFFLINE. */
export type CustomStatus =
  | 'DO_NOT_DISTURB'
  | 'IDLE'
  | 'INVISIBLE'
  | 'ONLINE';

/** RECENTLY: within 3 days. THIS_WEEK: 7 days. THIS_MONTH: 30 days. LONG_AGO: more, or never, or blocked. */
export type LastSeenBucket =
  | 'LONG_AGO'
  | 'RECENTLY'
  | 'THIS_MONTH'
  | 'THIS_WEEK';

export type OnlineAudience =
  | 'CONTACTS'
  | 'EVERYONE'
  | 'NOBODY'
  | 'SAME_AS_LAST_SEEN';

/** Kind of client behind a connection. */
export type Platform =
  | 'BOT'
  | 'DESKTOP'
  | 'MOBILE'
  | 'UNKNOWN'
  | 'WEB';

export type PrivacyInput = {
  /** Replaces the list; at most 1000 ids. */
  readonly alwaysUserIds?: ReadonlyArray<string> | null | undefined;
  readonly coarseLastSeen?: boolean | null | undefined;
  readonly lastSeen?: Audience | null | undefined;
  /** Replaces the list; at most 1000 ids. */
  readonly neverUserIds?: ReadonlyArray<string> | null | undefined;
  readonly online?: OnlineAudience | null | undefined;
  readonly showLastSeen?: boolean | null | undefined;
  readonly typing?: boolean | null | undefined;
};

export type StatusMessageInput = {
  /** Seconds from now until it clears itself. */
  readonly clearAfterSeconds?: number | null | undefined;
  /** One emoji or :shortcode:. */
  readonly emoji?: string | null | undefined;
  /** 1 to 140 characters. */
  readonly text: string;
};

/** What other people see. */
export type UserStatus =
  | 'DO_NOT_DISTURB'
  | 'IDLE'
  | 'OFFLINE'
  | 'ONLINE';

export type PresenceFragment = { readonly userId: string, readonly status: UserStatus, readonly isOnline: boolean, readonly lastSeen: string | null, readonly lastSeenBucket: LastSeenBucket | null, readonly platforms: ReadonlyArray<Platform>, readonly since: string | null, readonly user: { readonly id: string, readonly username: string, readonly displayName: string, readonly avatarUrl: string | null }, readonly message: { readonly text: string, readonly emoji: string | null, readonly expiresAt: string | null } | null };

export type PrivacyFragment = { readonly showLastSeen: boolean, readonly lastSeen: Audience, readonly online: OnlineAudience, readonly alwaysUserIds: ReadonlyArray<string>, readonly neverUserIds: ReadonlyArray<string>, readonly coarseLastSeen: boolean, readonly typing: boolean, readonly blockedUserIds: ReadonlyArray<string> };

export type TypingFragment = { readonly conversationId: string, readonly userId: string, readonly isTyping: boolean, readonly expiresAt: string | null, readonly user: { readonly id: string, readonly username: string, readonly displayName: string, readonly avatarUrl: string | null } };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { readonly me: { readonly customStatus: CustomStatus, readonly lastActive: string | null, readonly user: { readonly id: string, readonly username: string, readonly displayName: string, readonly avatarUrl: string | null }, readonly presence: { readonly userId: string, readonly status: UserStatus, readonly isOnline: boolean, readonly lastSeen: string | null, readonly lastSeenBucket: LastSeenBucket | null, readonly platforms: ReadonlyArray<Platform>, readonly since: string | null, readonly user: { readonly id: string, readonly username: string, readonly displayName: string, readonly avatarUrl: string | null }, readonly message: { readonly text: string, readonly emoji: string | null, readonly expiresAt: string | null } | null }, readonly privacy: { readonly showLastSeen: boolean, readonly lastSeen: Audience, readonly online: OnlineAudience, readonly alwaysUserIds: ReadonlyArray<string>, readonly neverUserIds: ReadonlyArray<string>, readonly coarseLastSeen: boolean, readonly typing: boolean, readonly blockedUserIds: ReadonlyArray<string> }, readonly connections: ReadonlyArray<{ readonly id: string, readonly platform: Platform, readonly active: boolean, readonly connectedAt: string }> } };

export type TypingUsersQueryVariables = Exact<{
  conversationId: string;
}>;


export type TypingUsersQuery = { readonly typingUsers: ReadonlyArray<{ readonly conversationId: string, readonly userId: string, readonly isTyping: boolean, readonly expiresAt: string | null, readonly user: { readonly id: string, readonly username: string, readonly displayName: string, readonly avatarUrl: string | null } }> };

export type SetStatusMutationVariables = Exact<{
  status?: CustomStatus | null | undefined;
  message?: StatusMessageInput | null | undefined;
  clearMessage?: boolean | null | undefined;
}>;


export type SetStatusMutation = { readonly setCustomStatus: { readonly userId: string, readonly status: UserStatus, readonly isOnline: boolean, readonly lastSeen: string | null, readonly lastSeenBucket: LastSeenBucket | null, readonly platforms: ReadonlyArray<Platform>, readonly since: string | null, readonly user: { readonly id: string, readonly username: string, readonly displayName: string, readonly avatarUrl: string | null }, readonly message: { readonly text: string, readonly emoji: string | null, readonly expiresAt: string | null } | null } };

export type HeartbeatMutationVariables = Exact<{
  deviceId?: string | null | undefined;
  active?: boolean | null | undefined;
  platform?: Platform | null | undefined;
}>;


export type HeartbeatMutation = { readonly heartbeat: { readonly nextHeartbeatInSeconds: number } };

export type GoOfflineMutationVariables = Exact<{
  deviceId?: string | null | undefined;
}>;


export type GoOfflineMutation = { readonly goOffline: { readonly userId: string, readonly status: UserStatus, readonly isOnline: boolean, readonly lastSeen: string | null, readonly lastSeenBucket: LastSeenBucket | null, readonly platforms: ReadonlyArray<Platform>, readonly since: string | null, readonly user: { readonly id: string, readonly username: string, readonly displayName: string, readonly avatarUrl: string | null }, readonly message: { readonly text: string, readonly emoji: string | null, readonly expiresAt: string | null } | null } };

export type TypingStartMutationVariables = Exact<{
  conversationId: string;
}>;


export type TypingStartMutation = { readonly typingStart: { readonly expiresAt: string | null } };

export type TypingStopMutationVariables = Exact<{
  conversationId: string;
}>;


export type TypingStopMutation = { readonly typingStop: { readonly success: boolean } };

export type UpdatePrivacyMutationVariables = Exact<{
  input: PrivacyInput;
}>;


export type UpdatePrivacyMutation = { readonly updatePrivacy: { readonly showLastSeen: boolean, readonly lastSeen: Audience, readonly online: OnlineAudience, readonly alwaysUserIds: ReadonlyArray<string>, readonly neverUserIds: ReadonlyArray<string>, readonly coarseLastSeen: boolean, readonly typing: boolean, readonly blockedUserIds: ReadonlyArray<string> } };

export type BlockUserMutationVariables = Exact<{
  userId: string;
}>;


export type BlockUserMutation = { readonly blockUser: { readonly showLastSeen: boolean, readonly lastSeen: Audience, readonly online: OnlineAudience, readonly alwaysUserIds: ReadonlyArray<string>, readonly neverUserIds: ReadonlyArray<string>, readonly coarseLastSeen: boolean, readonly typing: boolean, readonly blockedUserIds: ReadonlyArray<string> } };

export type UnblockUserMutationVariables = Exact<{
  userId: string;
}>;


export type UnblockUserMutation = { readonly unblockUser: { readonly showLastSeen: boolean, readonly lastSeen: Audience, readonly online: OnlineAudience, readonly alwaysUserIds: ReadonlyArray<string>, readonly neverUserIds: ReadonlyArray<string>, readonly coarseLastSeen: boolean, readonly typing: boolean, readonly blockedUserIds: ReadonlyArray<string> } };

export type StatusChangedSubscriptionVariables = Exact<{
  userIds?: ReadonlyArray<string> | null | undefined;
  conversationId?: string | null | undefined;
}>;


export type StatusChangedSubscription = { readonly statusChanged: { readonly userId: string, readonly status: UserStatus, readonly isOnline: boolean, readonly lastSeen: string | null, readonly lastSeenBucket: LastSeenBucket | null, readonly platforms: ReadonlyArray<Platform>, readonly since: string | null, readonly user: { readonly id: string, readonly username: string, readonly displayName: string, readonly avatarUrl: string | null }, readonly message: { readonly text: string, readonly emoji: string | null, readonly expiresAt: string | null } | null } };

export type UserTypingSubscriptionVariables = Exact<{
  conversationId: string;
}>;


export type UserTypingSubscription = { readonly userTyping: { readonly conversationId: string, readonly userId: string, readonly isTyping: boolean, readonly expiresAt: string | null, readonly user: { readonly id: string, readonly username: string, readonly displayName: string, readonly avatarUrl: string | null } } };

export const PresenceFragmentDoc = gql`
    fragment Presence on UserPresence {
  userId
  user {
    id
    username
    displayName
    avatarUrl
  }
  status
  isOnline
  lastSeen
  lastSeenBucket
  message {
    text
    emoji
    expiresAt
  }
  platforms
  since
}
    ` as unknown as DocumentNode<PresenceFragment, unknown>;
export const PrivacyFragmentDoc = gql`
    fragment Privacy on PrivacySettings {
  showLastSeen
  lastSeen
  online
  alwaysUserIds
  neverUserIds
  coarseLastSeen
  typing
  blockedUserIds
}
    ` as unknown as DocumentNode<PrivacyFragment, unknown>;
export const TypingFragmentDoc = gql`
    fragment Typing on UserTyping {
  conversationId
  userId
  user {
    id
    username
    displayName
    avatarUrl
  }
  isTyping
  expiresAt
}
    ` as unknown as DocumentNode<TypingFragment, unknown>;
export const MeDocument = gql`
    query Me {
  me {
    user {
      id
      username
      displayName
      avatarUrl
    }
    presence {
      ...Presence
    }
    customStatus
    lastActive
    privacy {
      ...Privacy
    }
    connections {
      id
      platform
      active
      connectedAt
    }
  }
}
    ${PresenceFragmentDoc}
${PrivacyFragmentDoc}` as unknown as DocumentNode<MeQuery, MeQueryVariables>;
export const TypingUsersDocument = gql`
    query TypingUsers($conversationId: ID!) {
  typingUsers(conversationId: $conversationId) {
    ...Typing
  }
}
    ${TypingFragmentDoc}` as unknown as DocumentNode<TypingUsersQuery, TypingUsersQueryVariables>;
export const SetStatusDocument = gql`
    mutation SetStatus($status: CustomStatus, $message: StatusMessageInput, $clearMessage: Boolean) {
  setCustomStatus(status: $status, message: $message, clearMessage: $clearMessage) {
    ...Presence
  }
}
    ${PresenceFragmentDoc}` as unknown as DocumentNode<SetStatusMutation, SetStatusMutationVariables>;
export const HeartbeatDocument = gql`
    mutation Heartbeat($deviceId: ID, $active: Boolean, $platform: Platform) {
  heartbeat(deviceId: $deviceId, active: $active, platform: $platform) {
    nextHeartbeatInSeconds
  }
}
    ` as unknown as DocumentNode<HeartbeatMutation, HeartbeatMutationVariables>;
export const GoOfflineDocument = gql`
    mutation GoOffline($deviceId: ID) {
  goOffline(deviceId: $deviceId) {
    ...Presence
  }
}
    ${PresenceFragmentDoc}` as unknown as DocumentNode<GoOfflineMutation, GoOfflineMutationVariables>;
export const TypingStartDocument = gql`
    mutation TypingStart($conversationId: ID!) {
  typingStart(conversationId: $conversationId) {
    expiresAt
  }
}
    ` as unknown as DocumentNode<TypingStartMutation, TypingStartMutationVariables>;
export const TypingStopDocument = gql`
    mutation TypingStop($conversationId: ID!) {
  typingStop(conversationId: $conversationId) {
    success
  }
}
    ` as unknown as DocumentNode<TypingStopMutation, TypingStopMutationVariables>;
export const UpdatePrivacyDocument = gql`
    mutation UpdatePrivacy($input: PrivacyInput!) {
  updatePrivacy(input: $input) {
    ...Privacy
  }
}
    ${PrivacyFragmentDoc}` as unknown as DocumentNode<UpdatePrivacyMutation, UpdatePrivacyMutationVariables>;
export const BlockUserDocument = gql`
    mutation BlockUser($userId: ID!) {
  blockUser(userId: $userId) {
    ...Privacy
  }
}
    ${PrivacyFragmentDoc}` as unknown as DocumentNode<BlockUserMutation, BlockUserMutationVariables>;
export const UnblockUserDocument = gql`
    mutation UnblockUser($userId: ID!) {
  unblockUser(userId: $userId) {
    ...Privacy
  }
}
    ${PrivacyFragmentDoc}` as unknown as DocumentNode<UnblockUserMutation, UnblockUserMutationVariables>;
export const StatusChangedDocument = gql`
    subscription StatusChanged($userIds: [ID!], $conversationId: ID) {
  statusChanged(
    userIds: $userIds
    conversationId: $conversationId
    snapshot: true
  ) {
    ...Presence
  }
}
    ${PresenceFragmentDoc}` as unknown as DocumentNode<StatusChangedSubscription, StatusChangedSubscriptionVariables>;
export const UserTypingDocument = gql`
    subscription UserTyping($conversationId: ID!) {
  userTyping(conversationId: $conversationId) {
    ...Typing
  }
}
    ${TypingFragmentDoc}` as unknown as DocumentNode<UserTypingSubscription, UserTypingSubscriptionVariables>;