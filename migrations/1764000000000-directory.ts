import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ids collate "C", so that ORDER BY is the order of code points whatever the locale of the database. */
export class Directory1764000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE users (
        id text COLLATE "C" NOT NULL,
        username text NOT NULL,
        display_name text NOT NULL,
        avatar_url text,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT users_pkey PRIMARY KEY (id),
        CONSTRAINT users_id_check CHECK (char_length(id) BETWEEN 1 AND 128),
        CONSTRAINT users_username_check CHECK (char_length(username) BETWEEN 1 AND 64),
        CONSTRAINT users_display_name_check CHECK (char_length(display_name) BETWEEN 1 AND 128),
        CONSTRAINT users_avatar_url_check CHECK (char_length(avatar_url) <= 2048)
      )`);
    await queryRunner.query(`
      CREATE TABLE contacts (
        owner_id text COLLATE "C" NOT NULL,
        contact_id text COLLATE "C" NOT NULL,
        CONSTRAINT contacts_pkey PRIMARY KEY (owner_id, contact_id),
        CONSTRAINT contacts_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT contacts_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT contacts_not_oneself_check CHECK (owner_id <> contact_id)
      )`);
    await queryRunner.query('CREATE INDEX contacts_contact_id_idx ON contacts (contact_id)');
    await queryRunner.query(`
      CREATE TABLE conversations (
        id text COLLATE "C" NOT NULL,
        CONSTRAINT conversations_pkey PRIMARY KEY (id),
        CONSTRAINT conversations_id_check CHECK (char_length(id) BETWEEN 1 AND 128)
      )`);
    await queryRunner.query(`
      CREATE TABLE conversation_members (
        conversation_id text COLLATE "C" NOT NULL,
        user_id text COLLATE "C" NOT NULL,
        CONSTRAINT conversation_members_pkey PRIMARY KEY (conversation_id, user_id),
        CONSTRAINT conversation_members_conversation_id_fkey
          FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE,
        CONSTRAINT conversation_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query('CREATE INDEX conversation_members_user_id_idx ON conversation_members (user_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE conversation_members');
    await queryRunner.query('DROP TABLE conversations');
    await queryRunner.query('DROP TABLE contacts');
    await queryRunner.query('DROP TABLE users');
  }
}
