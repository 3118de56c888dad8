import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Privacy1764000000200 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE privacy_settings (
        user_id text COLLATE "C" NOT NULL,
        last_seen text NOT NULL,
        online text NOT NULL,
        coarse_last_seen boolean NOT NULL,
        typing boolean NOT NULL,
        CONSTRAINT privacy_settings_pkey PRIMARY KEY (user_id),
        CONSTRAINT privacy_settings_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT privacy_settings_last_seen_check CHECK (last_seen IN ('EVERYONE', 'CONTACTS', 'NOBODY')),
        CONSTRAINT privacy_settings_online_check
          CHECK (online IN ('EVERYONE', 'CONTACTS', 'NOBODY', 'SAME_AS_LAST_SEEN'))
      )`);
    await queryRunner.query(`
      CREATE TABLE privacy_exceptions (
        owner_id text COLLATE "C" NOT NULL,
        other_id text COLLATE "C" NOT NULL,
        always boolean NOT NULL,
        never boolean NOT NULL,
        CONSTRAINT privacy_exceptions_pkey PRIMARY KEY (owner_id, other_id),
        CONSTRAINT privacy_exceptions_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT privacy_exceptions_other_id_fkey FOREIGN KEY (other_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query('CREATE INDEX privacy_exceptions_other_id_idx ON privacy_exceptions (other_id)');
    await queryRunner.query(`
      CREATE TABLE blocks (
        owner_id text COLLATE "C" NOT NULL,
        blocked_id text COLLATE "C" NOT NULL,
        CONSTRAINT blocks_pkey PRIMARY KEY (owner_id, blocked_id),
        CONSTRAINT blocks_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT blocks_blocked_id_fkey FOREIGN KEY (blocked_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query('CREATE INDEX blocks_blocked_id_idx ON blocks (blocked_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE blocks');
    await queryRunner.query('DROP TABLE privacy_exceptions');
    await queryRunner.query('DROP TABLE privacy_settings');
  }
}
