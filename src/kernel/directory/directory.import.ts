import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { note } from '../audit/audit.log.js';
import { Changes } from '../changes/changes.service.js';
import type { Change } from '../changes/changes.types.js';
import { checkLine } from './directory.input.js';
import type { Statement } from './directory.input.js';
import { insertContacts, insertMembers, lockUsers, upsertUsers } from './directory.repository.js';
import type { Contact, Membership } from './directory.repository.js';
import type { User } from './directory.types.js';
import { linesOf } from './lines.js';
import type { Line } from './lines.js';

const LINE_BYTES_MAX = 64 * 1024;
/** Lines of one transaction. */
const BATCH_LINES = 1000;
/** With long lines a batch is committed sooner. */
const BATCH_CHARACTERS = 4 * 1024 * 1024;
const REJECTED_MAX = 1000;

export interface Rejection {
  /** Counts from 1. */
  readonly line: number;
  readonly message: string;
}

export interface ImportReport {
  /** Lines that are true now, those that were already included. */
  readonly imported: number;
  /** The first thousand of the lines that were not taken. */
  readonly rejected: readonly Rejection[];
}

/** Takes a directory, one statement a line, from a stream of any length. */
@Injectable()
export class DirectoryImport {
  constructor(private readonly changes: Changes) {}

  /**
   * In order, in batches, each one transaction: when the stream breaks or Postgres goes away, what was committed
   * stays, and importing the same again is harmless. Reads no faster than it writes.
   */
  async run(chunks: AsyncIterable<Uint8Array>): Promise<ImportReport> {
    const report = { imported: 0, rejected: [] as Rejection[] };
    let batch: Numbered[] = [];
    let characters = 0;
    for await (const line of linesOf(chunks, LINE_BYTES_MAX)) {
      if (line.text !== null && line.text.trim() === '') continue;
      batch.push(read(line));
      characters += line.text?.length ?? 0;
      if (batch.length < BATCH_LINES && characters < BATCH_CHARACTERS) continue;
      await this.take(batch, report);
      batch = [];
      characters = 0;
    }
    if (batch.length > 0) await this.take(batch, report);
    return report;
  }

  private async take(batch: readonly Numbered[], report: { imported: number; rejected: Rejection[] }): Promise<void> {
    const rejected = await this.changes.commit(async (manager) => {
      const plan = await arrange(manager, batch);
      return { result: plan.rejected, changes: await write(manager, plan) };
    });
    report.imported += batch.length - rejected.length;
    report.rejected.push(...rejected.slice(0, REJECTED_MAX - report.rejected.length));
  }
}

interface Numbered {
  readonly line: number;
  readonly said: Statement | { readonly problem: string };
}

interface Plan {
  readonly users: User[];
  readonly contacts: Contact[];
  readonly members: Membership[];
  readonly rejected: Rejection[];
}

function read(line: Line): Numbered {
  if (line.tooLong) return { line: line.number, said: { problem: `The line has more than ${LINE_BYTES_MAX} bytes` } };
  if (line.text === null) return { line: line.number, said: { problem: 'The line is not UTF-8' } };
  return { line: line.number, said: checkLine(line.text) };
}

/**
 * What the batch comes to, as if its lines were done one after the other: a line may name users of the lines before
 * it, not of those after it, and of several lines about one user the last one holds.
 */
async function arrange(manager: EntityManager, batch: readonly Numbered[]): Promise<Plan> {
  const known = new Set(await lockUsers(manager, [...new Set(batch.flatMap(({ said }) => named(said)))]));
  const users = new Map<string, User>();
  const plan: Plan = { users: [], contacts: [], members: [], rejected: [] };
  for (const { line, said } of batch) {
    const stranger = named(said).find((id) => !known.has(id));
    if ('problem' in said) plan.rejected.push({ line, message: said.problem });
    else if (stranger !== undefined) plan.rejected.push({ line, message: `There is no user ${stranger}` });
    else if ('contact' in said) plan.contacts.push(said.contact);
    else if ('member' in said) plan.members.push(said.member);
    else {
      users.set(said.user.id, said.user);
      known.add(said.user.id);
    }
  }
  plan.users.push(...users.values());
  return plan;
}

/** The users that must exist for a statement to be taken. */
function named(said: Numbered['said']): string[] {
  if ('contact' in said) return [said.contact.userId, said.contact.contactId];
  return 'member' in said ? [said.member.userId] : [];
}

async function write(manager: EntityManager, plan: Plan): Promise<Change[]> {
  const others = plan.contacts.filter((contact) => contact.userId !== contact.contactId);
  const users = plan.users.length > 0 ? await upsertUsers(manager, plan.users) : [];
  const contacts = others.length > 0 ? await insertContacts(manager, others) : [];
  const members = plan.members.length > 0 ? await insertMembers(manager, plan.members) : [];
  const fields = { users: users.length, contacts: contacts.length, members: members.length };
  const any = users.length + contacts.length + members.length > 0;
  // One line a batch: who they are stands in the directory, and a row for each would double what an import writes.
  if (any) await note(manager, { actorId: null, action: 'import', subjectId: null, fields });
  return [
    ...users.map((userId): Change => ({ kind: 'user', userId })),
    ...contacts.map(({ userId, contactId }): Change => ({ kind: 'contact', userId, otherId: contactId })),
    ...members.map((member): Change => ({ kind: 'member', ...member })),
  ];
}
