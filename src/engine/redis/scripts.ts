import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command } from 'ioredis';
import type { Breaker } from '../../kernel/breaker.js';
import { unavailable } from '../../kernel/errors.js';
import type { Cause, Status } from '../../kernel/metrics/labels.js';
import { measure } from '../../kernel/metrics/measure.js';
import { tellAtTheEnd } from '../../kernel/turn.js';
import type { EngineSettings } from '../engine.js';
import type { Client } from './connection.js';
import { reached } from './failures.js';
import { Load } from './load.js';
import { GaveUp } from './patience.js';
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
  'user-account',
  'custom-set',
  'activity-touch',
  'truth-tell',
  'holder-list',
  'seen-list',
  'seen-queue',
  'seen-stored',
  'typing-note',
] as const;
const READING = ['truth-read'] as const;
const TYPING = ['typing-start', 'typing-stop', 'typing-list', 'typing-sweep'] as const;
export type ScriptName = (typeof PRESENCE | typeof READING | typeof TYPING)[number];

/** Longer, a call would hold up others for milliseconds. */
const HOLDS_A_CALL = 200;

/** What somebody waits for the answer of: refused where waiting is in vain. The rest an instance does by itself. */
const ASKED: ReadonlySet<ScriptName> = new Set<ScriptName>([
  'lease-hold',
  'user-leave',
  'user-account',
  'custom-set',
  'activity-touch',
  'truth-read',
  'holder-list',
  'typing-note',
  'typing-start',
  'typing-stop',
  'typing-list',
]);

/** The scripts that may turn somebody to another status, and the cause that this has then. */
const CAUSE_OF: Readonly<Partial<Record<ScriptName, Cause>>> = {
  'shard-sweep': 'time',
  'socket-hold': 'connection',
  'socket-release': 'closing',
  'lease-hold': 'heartbeat',
  'lease-release': 'closing',
  'user-leave': 'leaving',
  'custom-set': 'choice',
};

/** The atomic steps. Each is one file in lua/, behind what it shares with its kind. */
export class Scripts {
  /** Whether one server has all shards, so that a call may be about several. */
  readonly together: boolean;
  private readonly scripts: ReadonlyMap<ScriptName, { readonly source: string; readonly sha: string }>;
  /** Not sent yet; by key where each is to be alone. */
  private loads = new Map<string, Load>();
  /** Calls that the client may not have sent yet. */
  private gathered = 0;

  constructor(
    private readonly client: Client,
    settings: EngineSettings,
    timings: Timings,
    publish: 'PUBLISH' | 'SPUBLISH',
    private readonly breaker: Breaker,
  ) {
    this.together = publish === 'PUBLISH';
    const constants = constantsOf(settings, timings, publish);
    const each = file('each');
    const presence = constants + file('shard') + file('record') + each;
    const typing = constants + file('typing') + each;
    this.scripts = new Map<ScriptName, { source: string; sha: string }>([
      ...PRESENCE.map((name) => [name, script(causeOf(name) + presence + told(name))] as const),
      ...READING.map((name) => [name, script(file(name))] as const),
      ...TYPING.map((name) => [name, script(typing + file(name))] as const),
    ]);
  }

  /** One round trip; calls of one tick travel together, in their order. Refuses with SERVICE_UNAVAILABLE. */
  run(name: ScriptName, key: string, ...args: readonly (string | number)[]): Promise<Answer> {
    return this.runOver(name, [key], args);
  }

  /** About several shards, where they are together. */
  runOver(name: ScriptName, keys: readonly string[], args: readonly (string | number)[]): Promise<Answer> {
    if (this.loads.size > 0) this.sendLoads();
    return this.send(name, keys, args);
  }

  /**
   * The answer to one hold. Those of one turn of the event loop are one call: most of what a call costs, here and in
   * Redis, is not what it does.
   */
  hold(key: string, hold: string): Promise<string> {
    const lane = this.together ? '' : key;
    let load = this.loads.get(lane);
    if (!load || load.holds.length === HOLDS_A_CALL) {
      if (load) this.sendLoads();
      this.loads.set(
        lane,
        (load = new Load(async (keys, holds) => texts(await this.send('socket-hold', keys, holds)))),
      );
      // Before this turn's answers are written: the store is at work meanwhile.
      tellAtTheEnd(() => this.sendLoads());
    }
    return load.add(key, hold);
  }

  private sendLoads(): void {
    const { loads } = this;
    this.loads = new Map();
    for (const load of loads.values()) load.send();
  }

  private async send(name: ScriptName, keys: readonly string[], args: readonly (string | number)[]): Promise<Answer> {
    if (ASKED.has(name) && this.breaker.open) {
      this.lookAgain();
      throw unavailable();
    }
    const began = measure.moment();
    const answer = await reached(() => this.watched(() => this.ask(name, keys, args)));
    measure.redis(began);
    const cause = CAUSE_OF[name];
    return cause === undefined ? answer : counted(cause, answer);
  }

  /**
   * The client gathers calls and sends them together, when what it has sent before was answered. Holds have been
   * gathered already: they go at once, unless there is something that has to go before them.
   */
  private async evaluate(
    name: ScriptName,
    sha: string,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<Answer> {
    if (name === 'socket-hold' && this.together && this.gathered === 0) {
      const command = new Command('evalsha', [sha, keys.length, ...keys, ...args], { replyEncoding: 'utf8' });
      return (await this.client.sendCommand(command)) as Answer;
    }
    this.gathered += 1;
    try {
      return (await this.client.evalsha(sha, keys.length, ...keys, ...args)) as Answer;
    } finally {
      this.gathered -= 1;
    }
  }

  /** Nobody waits for the one who goes to see. */
  private lookAgain(): void {
    if (this.breaker.admits()) void this.watched(() => this.client.ping()).catch(() => {});
  }

  private async watched<T>(work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      this.breaker.answered();
      return answer;
    } catch (error) {
      if (error instanceof GaveUp) this.breaker.waitedInVain();
      throw error;
    }
  }

  private async ask(name: ScriptName, keys: readonly string[], args: readonly (string | number)[]): Promise<Answer> {
    const { source, sha } = this.scripts.get(name) ?? script('');
    try {
      return await this.evaluate(name, sha, keys, args);
    } catch (error) {
      // A restarted or flushed server has forgotten it.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return (await this.client.eval(source, keys.length, ...keys, ...args)) as Answer;
    }
  }
}

/** The answer as a list of texts; nested lists are not expected. */
export const texts = (answer: Answer | undefined): string[] => (Array.isArray(answer) ? answer.map(String) : []);

const causeOf = (name: ScriptName) => `local CAUSE = '${CAUSE_OF[name] ?? ''}'\n`;

/** A script that may turn somebody answers its own answer, then status and number in turn. */
function told(name: ScriptName): string {
  if (CAUSE_OF[name] === undefined) return file(name);
  return `local function answer()\n${file(name)}end
local told = { answer() }
for status, times in pairs(TURNED) do told[#told + 1] = status; told[#told + 1] = times end
return told\n`;
}

function counted(cause: Cause, told: Answer): Answer {
  const [answer = null, ...turned] = Array.isArray(told) ? (told as readonly Answer[]) : [];
  for (let at = 0; at < turned.length; at += 2) measure.transition(cause, turned[at] as Status, Number(turned[at + 1]));
  return answer;
}

const script = (source: string) => ({ source, sha: createHash('sha1').update(source).digest('hex') });

const file = (name: string) => `${readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8')}\n`;

/** Transitions kept of each shard, and up to twice as many: some 10 MB in all, hours on a quiet day. */
const JOURNAL_A_SHARD = 1000;

function constantsOf(settings: EngineSettings, timings: Timings, publish: string): string {
  const numbers = {
    NODE_TTL_MS: timings.nodeTtlMs,
    STALL_MS: timings.stallMs,
    CHANGES_KEPT_MS: timings.changesKeptMs,
    CHECKPOINT_MS: timings.checkpointMs,
    LEASE_MS: settings.leaseMs,
    OFFLINE_GRACE_MS: settings.offlineGraceMs,
    IDLE_AFTER_MS: settings.idleAfterMs,
    JOURNAL_MAX: JOURNAL_A_SHARD,
    TYPING_TTL_MS: settings.typingTtlMs,
    TYPING_MIN_INTERVAL_MS: settings.typingMinIntervalMs,
  };
  const lines = Object.entries(numbers).map(([name, value]) => `local ${name} = ${value}\n`);
  return `local PUBLISH = '${publish}'\n${lines.join('')}`;
}
