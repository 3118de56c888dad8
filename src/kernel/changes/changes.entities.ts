import { Check, Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** One durable change, kept for an hour so that an instance that missed the message can read it. */
@Entity('changes')
@Check('changes_kind_check', `char_length(kind) BETWEEN 1 AND 32`)
export class ChangeEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'changes_pkey',
  })
  id: string;

  @Column({ type: 'text' })
  kind: string;

  @Column({ name: 'user_id', type: 'text', collation: 'C', nullable: true })
  userId: string | null;

  @Column({ name: 'other_id', type: 'text', collation: 'C', nullable: true })
  otherId: string | null;

  @Column({ name: 'conversation_id', type: 'text', collation: 'C', nullable: true })
  conversationId: string | null;

  @Index('changes_created_at_idx')
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}

export const changesEntities = [ChangeEntity];
