import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { UserEntity } from '../kernel/directory/directory.entities.js';

import type { Audience, OnlineAudience } from './privacy.types.js';

/** One row a user who ever changed something; none means the defaults. */
@Entity('privacy_settings')
@Check('privacy_settings_last_seen_check', `last_seen IN ('EVERYONE', 'CONTACTS', 'NOBODY')`)
@Check('privacy_settings_online_check', `online IN ('EVERYONE', 'CONTACTS', 'NOBODY', 'SAME_AS_LAST_SEEN')`)
export class PrivacySettingsEntity {
  @PrimaryColumn({ name: 'user_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'privacy_settings_pkey' })
  @ForeignKey(() => UserEntity, { name: 'privacy_settings_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  @Column({ name: 'last_seen', type: 'text' })
  lastSeen: Audience;

  @Column({ type: 'text' })
  online: OnlineAudience;

  @Column({ name: 'coarse_last_seen', type: 'boolean' })
  coarseLastSeen: boolean;

  @Column({ type: 'boolean' })
  typing: boolean;
}

/** Whom a user always, or never, lets see; one row a pair, so that a verdict needs one look. */
@Entity('privacy_exceptions')
export class PrivacyExceptionEntity {
  @PrimaryColumn({
    name: 'owner_id',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'privacy_exceptions_pkey',
  })
  @ForeignKey(() => UserEntity, { name: 'privacy_exceptions_owner_id_fkey', onDelete: 'CASCADE' })
  ownerId: string;

  @Index('privacy_exceptions_other_id_idx')
  @PrimaryColumn({
    name: 'other_id',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'privacy_exceptions_pkey',
  })
  @ForeignKey(() => UserEntity, { name: 'privacy_exceptions_other_id_fkey', onDelete: 'CASCADE' })
  otherId: string;

  @Column({ type: 'boolean' })
  always: boolean;

  @Column({ type: 'boolean' })
  never: boolean;
}

@Entity('blocks')
export class BlockEntity {
  @PrimaryColumn({ name: 'owner_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'blocks_pkey' })
  @ForeignKey(() => UserEntity, { name: 'blocks_owner_id_fkey', onDelete: 'CASCADE' })
  ownerId: string;

  @Index('blocks_blocked_id_idx')
  @PrimaryColumn({ name: 'blocked_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'blocks_pkey' })
  @ForeignKey(() => UserEntity, { name: 'blocks_blocked_id_fkey', onDelete: 'CASCADE' })
  blockedId: string;
}

export const privacyEntities = [PrivacySettingsEntity, PrivacyExceptionEntity, BlockEntity];
