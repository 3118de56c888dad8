import { print } from 'graphql';

import { Backoff } from './backoff.js';
import { HeartbeatDocument, type Platform } from './documents.js';
import { addressesOf } from './options.js';
import { jittered } from './pulse.js';
import type { Stop } from './store.js';
import type { TokenSource } from './token.js';

export interface HeartbeatOptions {
  readonly url: string;
  readonly token: TokenSource;
  readonly deviceId?: string;
  readonly platform?: Platform;
  /** Asked before each beat; false reports an idle device. */
  readonly active?: () => boolean;
  /** Hears of every beat that failed. The next one is due in any case. */
  readonly onError?: (error: unknown) => void;
}

const ANSWER_WITHIN_MS = 10_000;

/** Keeps a client online that holds no socket: a bot, a background worker, a page behind a proxy without WebSockets. */
export function startHeartbeat(options: HeartbeatOptions): Stop {
  const backoff = new Backoff();
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const beat = async () => {
    let waitMs: number;
    try {
      waitMs = jittered((await send(options)) * 1000);
      backoff.reset();
    } catch (error) {
      options.onError?.(error);
      waitMs = backoff.next();
    }
    if (!stopped) timer = setTimeout(() => void beat(), waitMs);
  };
  void beat();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Answers in how many seconds the next one is due. */
async function send({ url, token, deviceId, platform, active }: HeartbeatOptions): Promise<number> {
  const response = await fetch(addressesOf(url).http, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await token()}` },
    body: JSON.stringify({
      query: print(HeartbeatDocument),
      variables: { deviceId, platform, active: active?.() ?? true },
    }),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const body = (await response.json()) as {
    readonly data?: { readonly heartbeat?: { readonly nextHeartbeatInSeconds?: number } };
    readonly errors?: readonly { readonly message?: string }[];
  };
  const seconds = body.data?.heartbeat?.nextHeartbeatInSeconds;
  if (typeof seconds !== 'number') throw new Error(body.errors?.[0]?.message ?? `HTTP ${response.status}`);
  return seconds;
}
