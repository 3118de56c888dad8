import { z } from 'zod';

import type { LoggedChange } from './changes.log.js';

const userId = z.string();

const change = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('user'), userId }),
  z.object({ kind: z.literal('userDeleted'), userId }),
  z.object({ kind: z.literal('contact'), userId, otherId: z.string() }),
  z.object({ kind: z.literal('member'), userId, conversationId: z.string() }),
  z.object({ kind: z.literal('privacy'), userId }),
  z.object({ kind: z.literal('block'), userId, otherId: z.string() }),
  z.object({ kind: z.literal('custom'), userId }),
  z.object({ kind: z.literal('everything') }),
]);

const message = z.object({
  tick: z.string().optional(),
  changes: z.array(z.object({ id: z.int(), change })).optional(),
});

/** What instances tell each other: what changed, or only that one of them is heard. */
export interface ChangesMessage {
  readonly tick?: string | undefined;
  readonly changes?: readonly LoggedChange[] | undefined;
}

export function writeChanges(changes: readonly LoggedChange[]): string {
  return JSON.stringify({ changes });
}

export function writeTick(instanceId: string): string {
  return JSON.stringify({ tick: instanceId });
}

/** Null for what this version cannot read; the log tells it again, in a form that it can. */
export function readMessage(text: string): ChangesMessage | null {
  try {
    return message.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
