import type { MigrationInterface, QueryRunner } from 'typeorm';

/** No foreign keys: a change outlives the user that it is about. */
export class Changes1764000000100 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE changes (
        id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        kind text NOT NULL,
        user_id text COLLATE "C",
        other_id text COLLATE "C",
        conversation_id text COLLATE "C",
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT changes_pkey PRIMARY KEY (id),
        CONSTRAINT changes_kind_check CHECK (char_length(kind) BETWEEN 1 AND 32)
      )`);
    await queryRunner.query('CREATE INDEX changes_created_at_idx ON changes (created_at)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE changes');
  }
}
