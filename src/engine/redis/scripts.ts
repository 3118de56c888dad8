import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { EngineSettings } from '../engine.js';
import type { Client } from './connection.js';
import { reached } from './failures.js';
import type { Timings } from './timings.js';

/** What a script answers: texts, numbers, and lists of them. */
export type Answer = string | number | null | readonly Answer[];

const PRESENCE = [
  'instance-beat',
  'instance-leave',
  'shard-sweep',
  'shard-changes',
  'socket-hold',
  'socket-release',
  'socket-list',
  'lease-hold',
  'lease-release',
  'user-leave',
  'user-forget',
  'custom-set',
  'activity-touch',
  'truth-read',
  'holder-list',
  'seen-list',
  'seen-queue',
  'seen-stored',
  'typing-note',
] as const;
const TYPING = ['typing-start', 'typing-stop', 'typing-list', 'typing-sweep'] as const;
export type ScriptName = (typeof PRESENCE)[number] | (typeof TYPING)[number];

/** The atomic steps. Each is one file in lua/, behind what it shares with its kind. */
export class Scripts {
  private readonly scripts: ReadonlyMap<ScriptName, { readonly source: string; readonly sha: string }>;

  constructor(
    private readonly client: Client,
    settings: EngineSettings,
    timings: Timings,
    publish: 'PUBLISH' | 'SPUBLISH',
  ) {
    const constants = constantsOf(settings, timings, publish);
    const presence = constants + file('shard') + file('record');
    const typing = constants + file('typing');
    this.scripts = new Map<ScriptName, { source: string; sha: string }>([
      ...PRESENCE.map((name) => [name, script(presence + file(name))] as const),
      ...TYPING.map((name) => [name, script(typing + file(name))] as const),
    ]);
  }

  /** One round trip; calls of one tick travel together. Refuses with SERVICE_UNAVAILABLE. */
  async run(name: ScriptName, key: string, ...args: readonly (string | number)[]): Promise<Answer> {
    const { source, sha } = this.scripts.get(name) ?? script('');
    return reached(async () => {
      try {
        return (await this.client.evalsha(sha, 1, key, ...args)) as Answer;
      } catch (error) {
        // A restarted or flushed server has forgotten it.
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return (await this.client.eval(source, 1, key, ...args)) as Answer;
      }
    });
  }
}

/** The answer as a list of texts; nested lists are not expected. */
export const texts = (answer: Answer | undefined): string[] => (Array.isArray(answer) ? answer.map(String) : []);

const script = (source: string) => ({ source, sha: createHash('sha1').update(source).digest('hex') });

const file = (name: string) => `${readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8')}\n`;

function constantsOf(settings: EngineSettings, timings: Timings, publish: string): string {
  const numbers = {
    NODE_TTL_MS: timings.nodeTtlMs,
    STALL_MS: timings.stallMs,
    CHANGES_KEPT_MS: timings.changesKeptMs,
    CHECKPOINT_MS: timings.checkpointMs,
    LEASE_MS: settings.leaseMs,
    OFFLINE_GRACE_MS: settings.offlineGraceMs,
    IDLE_AFTER_MS: settings.idleAfterMs,
    TYPING_TTL_MS: settings.typingTtlMs,
    TYPING_MIN_INTERVAL_MS: settings.typingMinIntervalMs,
  };
  const lines = Object.entries(numbers).map(([name, value]) => `local ${name} = ${value}\n`);
  return `local PUBLISH = '${publish}'\n${lines.join('')}`;
}
