import { Check, Column, CreateDateColumn, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** One choice of a person or of the product's own back end; kept for AUDIT_RETENTION_DAYS. */
@Entity('audit')
@Check('audit_action_check', `char_length(action) BETWEEN 1 AND 32`)
@Index('audit_subject_id_at_idx', ['subjectId', 'at'])
export class AuditEntity {
  @PrimaryGeneratedColumn('identity', {
    type: 'bigint',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'audit_pkey',
  })
  id: string;

  @Index('audit_at_idx')
  @CreateDateColumn({ type: 'timestamptz' })
  at: Date;

  /** Null: the product's own back end. */
  @Column({ name: 'actor_id', type: 'text', collation: 'C', nullable: true })
  actorId: string | null;

  @Column({ type: 'text' })
  action: string;

  /** Null: many at once, by an import. */
  @Column({ name: 'subject_id', type: 'text', collation: 'C', nullable: true })
  subjectId: string | null;

  @Column({ type: 'jsonb' })
  fields: object;
}

export const auditEntities = [AuditEntity];
