import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Presence1764000000300 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE custom_statuses (
        user_id text COLLATE "C" NOT NULL,
        status text NOT NULL,
        text text,
        emoji text,
        expires_at timestamptz,
        version bigint NOT NULL,
        CONSTRAINT custom_statuses_pkey PRIMARY KEY (user_id),
        CONSTRAINT custom_statuses_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT custom_statuses_status_check CHECK (status IN ('ONLINE', 'IDLE', 'DO_NOT_DISTURB', 'INVISIBLE'))
      )`);
    await queryRunner.query('CREATE INDEX custom_statuses_expires_at_idx ON custom_statuses (expires_at)');
    await queryRunner.query(`
      CREATE TABLE last_seen (
        user_id text COLLATE "C" NOT NULL,
        last_seen_at timestamptz,
        last_active_at timestamptz,
        alive_at timestamptz,
        CONSTRAINT last_seen_pkey PRIMARY KEY (user_id),
        CONSTRAINT last_seen_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query('CREATE INDEX last_seen_alive_at_idx ON last_seen (alive_at) WHERE alive_at IS NOT NULL');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE last_seen');
    await queryRunner.query('DROP TABLE custom_statuses');
  }
}
