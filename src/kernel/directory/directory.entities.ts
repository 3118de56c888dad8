import { Check, Column, CreateDateColumn, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

@Entity('users')
@Check('users_id_check', `char_length(id) BETWEEN 1 AND 128`)
@Check('users_username_check', `char_length(username) BETWEEN 1 AND 64`)
@Check('users_display_name_check', `char_length(display_name) BETWEEN 1 AND 128`)
@Check('users_avatar_url_check', `char_length(avatar_url) <= 2048`)
export class UserEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'users_pkey' })
  id: string;

  @Column({ type: 'text' })
  username: string;

  @Column({ name: 'display_name', type: 'text' })
  displayName: string;

  @Column({ name: 'avatar_url', type: 'text', nullable: true })
  avatarUrl: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}

/** The owner has the other as a contact; one direction. */
@Entity('contacts')
@Check('contacts_not_oneself_check', `owner_id <> contact_id`)
export class ContactEntity {
  @PrimaryColumn({ name: 'owner_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'contacts_pkey' })
  @ForeignKey(() => UserEntity, { name: 'contacts_owner_id_fkey', onDelete: 'CASCADE' })
  ownerId: string;

  @Index('contacts_contact_id_idx')
  @PrimaryColumn({ name: 'contact_id', type: 'text', collation: 'C', primaryKeyConstraintName: 'contacts_pkey' })
  @ForeignKey(() => UserEntity, { name: 'contacts_contact_id_fkey', onDelete: 'CASCADE' })
  contactId: string;
}

@Entity('conversations')
@Check('conversations_id_check', `char_length(id) BETWEEN 1 AND 128`)
export class ConversationEntity {
  @PrimaryColumn({ type: 'text', collation: 'C', primaryKeyConstraintName: 'conversations_pkey' })
  id: string;
}

@Entity('conversation_members')
export class MemberEntity {
  @PrimaryColumn({
    name: 'conversation_id',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'conversation_members_pkey',
  })
  @ForeignKey(() => ConversationEntity, { name: 'conversation_members_conversation_id_fkey', onDelete: 'CASCADE' })
  conversationId: string;

  @Index('conversation_members_user_id_idx')
  @PrimaryColumn({
    name: 'user_id',
    type: 'text',
    collation: 'C',
    primaryKeyConstraintName: 'conversation_members_pkey',
  })
  @ForeignKey(() => UserEntity, { name: 'conversation_members_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;
}

export const directoryEntities = [UserEntity, ContactEntity, ConversationEntity, MemberEntity];
