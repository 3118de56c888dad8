import type { DataSource } from 'typeorm';

import type { Directory } from '../kernel/directory/directory.service.js';

const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'] as const;
const CONVERSATION = 'lobby';

/** A few people who know each other and share a conversation, where there is nobody yet. */
export async function seed(database: DataSource, directory: Directory): Promise<void> {
  const [anybody] = await database.query<unknown[]>('SELECT 1 FROM users LIMIT 1');
  if (anybody !== undefined) return;
  for (const id of PEOPLE)
    await directory.putUser({ id, username: id, displayName: id[0]?.toUpperCase() + id.slice(1), avatarUrl: null });
  for (const id of PEOPLE) {
    await directory.putMember(CONVERSATION, id);
    for (const contactId of PEOPLE) await directory.putContact(id, contactId);
  }
}
