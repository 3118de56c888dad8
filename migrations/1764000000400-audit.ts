import type { MigrationInterface, QueryRunner } from 'typeorm';

/** No foreign keys: what somebody chose stays on record when they, or the other, are deleted. */
export class Audit1764000000400 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE audit (
        id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        at timestamptz NOT NULL DEFAULT now(),
        actor_id text COLLATE "C",
        action text NOT NULL,
        subject_id text COLLATE "C",
        fields jsonb NOT NULL,
        CONSTRAINT audit_pkey PRIMARY KEY (id),
        CONSTRAINT audit_action_check CHECK (char_length(action) BETWEEN 1 AND 32)
      )`);
    await queryRunner.query('CREATE INDEX audit_at_idx ON audit (at)');
    await queryRunner.query('CREATE INDEX audit_subject_id_at_idx ON audit (subject_id, at)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE audit');
  }
}
