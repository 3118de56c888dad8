import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { UserEntity } from '../kernel/directory/directory.entities.js';

import type { CustomStatus } from './presence.types.js';

/** What a user asked to be shown as. Kept across reconnects, restarts and loss of the engine's store. */
@Entity('custom_statuses')
@Check('custom_statuses_status_check', `status IN ('ONLINE', 'IDLE', 'DO_NOT_DISTURB', 'INVISIBLE')`)
export class CustomStatusEntity {
  @PrimaryColumn({ name: 'user_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'custom_statuses_pkey' })
  @ForeignKey(() => UserEntity, { name: 'custom_statuses_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  @Column({ type: 'text' })
  status: CustomStatus;

  @Column({ type: 'text', nullable: true })
  text: string | null;

  @Column({ type: 'text', nullable: true })
  emoji: string | null;

  @Index('custom_statuses_expires_at_idx')
  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  /** Grows with every change; an older one never replaces a newer one in the engine. */
  @Column({ type: 'bigint' })
  version: string;
}

/** When a user was last shown and last active. Written in batches when presence ends, never for a heartbeat. */
@Entity('last_seen')
export class LastSeenEntity {
  @PrimaryColumn({ name: 'user_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'last_seen_pkey' })
  @ForeignKey(() => UserEntity, { name: 'last_seen_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  @Column({ name: 'last_seen_at', type: 'timestamptz', nullable: true })
  lastSeenAt: Date | null;

  @Column({ name: 'last_active_at', type: 'timestamptz', nullable: true })
  lastActiveAt: Date | null;

  /** Last proof that the user was shown, kept while the memory engine holds the presence: read after a crash. */
  @Index('last_seen_alive_at_idx', { where: 'alive_at IS NOT NULL' })
  @Column({ name: 'alive_at', type: 'timestamptz', nullable: true })
  aliveAt: Date | null;
}

export const presenceEntities = [CustomStatusEntity, LastSeenEntity];
