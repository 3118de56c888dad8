import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { type AuthService, TokenExpired } from '../kernel/auth/auth.service.js';
import { TOKEN_TOLERANCE_MS } from '../kernel/auth/token.rules.js';
import type { Caller, Platform } from '../kernel/caller.js';
import { PLATFORMS } from '../kernel/caller.js';
import type { Clock } from '../kernel/clock.js';
import { Refusal, unauthenticated } from '../kernel/errors.js';
import { checkId } from '../kernel/input.js';
import { notice } from '../kernel/logging/notices.js';
import type { Transport } from '../kernel/metrics/labels.js';
import { measure } from '../kernel/metrics/measure.js';
import type { Holds } from '../presence/holds.service.js';
import { type Admission, MessageRate } from './message.rate.js';
import type { Sessions } from './sessions.js';

/** Why we end a connection; each wire has its own way of saying it. */
export type Ending =
  'unauthenticated' | 'expired' | 'crowded' | 'unavailable' | 'malformed' | 'flooding' | 'slow' | 'draining';

/** What a wire lends to the session of one of its connections. */
export interface Line {
  readonly transport: Transport;
  /** Asks the peer for a sign of life. */
  ping(): void;
  /** Since when (monotonic) the peer has not taken what was written; null: it has. */
  readonly stuckSince: number | null;
  /** What was said and the peer has not taken yet. */
  readonly queuedBytes: number;
  /** Says why and closes; nothing more is taken from the peer. */
  end(ending: Ending): void;
  /** Closes without a word: nobody is there to hear it. */
  cut(): void;
}

/** What a client says when it opens a connection; unchecked. */
export interface Hello {
  readonly presence?: unknown;
  readonly active?: unknown;
  readonly platform?: unknown;
  readonly deviceId?: unknown;
}

export interface SessionServices {
  readonly auth: AuthService;
  readonly holds: Holds;
  readonly clock: Clock;
  readonly sessions: Sessions;
}

const PING_EVERY_MS = 9000;
/** Pings of many connections that opened together drift apart by this part of the period. */
const PING_JITTER = 0.2;
const STUCK_MAX_MS = 7500;

/**
 * One live connection of a message-shaped wire: who it is, whether somebody is still there, how fast it may talk, and
 * what it means for presence. Looked at by `Sessions` a few times a second, so that it needs no timer of its own.
 */
export class Session {
  readonly id = inOnePiece(randomUUID());
  /** Monotonic. */
  readonly begunAt: number;
  private readonly rate: MessageRate;
  private readonly watching = { users: 0 };
  private identity: Caller | null = null;
  private connected: Promise<void> | null = null;
  private heardAt: number;
  private pingAt: number;
  private pingedAt = 0;
  private mute = false;
  private ending: Ending | null = null;
  private over = false;

  constructor(
    private readonly services: SessionServices,
    readonly line: Line,
  ) {
    const now = services.clock.monotonic();
    this.rate = new MessageRate(now);
    this.begunAt = now;
    this.heardAt = now;
    this.pingAt = now + jittered(PING_EVERY_MS);
    services.sessions.add(this);
  }

  /** Null until `identify` has succeeded. */
  get caller(): Caller | null {
    return this.identity;
  }

  get retryAfterMs(): number {
    return this.rate.retryAfterMs;
  }

  /** Proves who is there, and takes one of the user's connections. Refuses as AuthService does, and RATE_LIMITED. */
  async identify(token: unknown): Promise<void> {
    const proven = await this.services.auth.verify(token);
    if (this.over) throw unauthenticated();
    this.services.sessions.claim(this, proven.userId);
    this.identity = { ...proven, connectionId: this.id, watching: this.watching };
  }

  /**
   * Counts for presence from now on, unless the client only wants to watch. Refuses a device id that is none, and
   * RATE_LIMITED when the user has as many connections that count as may be, over all instances.
   */
  async open(hello: Hello): Promise<void> {
    const { identity } = this;
    const deviceId =
      hello.deviceId === undefined || hello.deviceId === null ? null : checkId(hello.deviceId, 'deviceId');
    if (!identity || this.over || hello.presence === false) return;
    const opening = {
      connectionId: this.id,
      deviceId,
      platform: platformOf(hello.platform),
      active: hello.active !== false,
    };
    this.connected = this.services.holds.connected(identity, opening);
    try {
      await this.connected;
    } catch (error) {
      if (error instanceof Refusal && error.code === 'RATE_LIMITED')
        this.services.sessions.noteCrowded(identity.userId);
      throw error;
    } finally {
      this.connected = null;
    }
  }

  /** A newer token of the same user takes the place of the present one; anything else ends the connection. */
  async refresh(token: unknown): Promise<boolean> {
    try {
      const proven = await this.services.auth.verify(token);
      if (!this.identity || proven.userId !== this.identity.userId) throw unauthenticated();
      this.identity = { ...this.identity, expiresAt: proven.expiresAt };
      return true;
    } catch (error) {
      // Nobody can say whether the new token is good: the present one goes on.
      if (endingOf(error) === 'unavailable') return false;
      this.line.end(endingOf(error));
      return false;
    }
  }

  /** Every byte of the peer is a sign of life. */
  heard(): void {
    this.heardAt = this.services.clock.monotonic();
  }

  /** Counts a message, which is a sign of life too; ends the connection of whoever floods. */
  admit(): Admission {
    this.heard();
    const admission = this.rate.admit(this.heardAt);
    if (admission !== 'YES') measure.limited('message');
    if (admission === 'FLOOD') this.line.end('flooding');
    return admission;
  }

  /** Ends what has to end by now, and asks for a sign of life in time. */
  check(monotonic: number, now: number): void {
    if (this.over) return;
    if (this.identity && now >= this.identity.expiresAt + TOKEN_TOLERANCE_MS) return this.line.end('expired');
    const { stuckSince } = this.line;
    if (stuckSince !== null && monotonic - stuckSince >= STUCK_MAX_MS) return this.line.end('slow');
    if (monotonic < this.pingAt) return;
    if (this.pingedAt > 0 && this.heardAt < this.pingedAt) {
      this.mute = true;
      return this.line.cut();
    }
    this.pingedAt = monotonic;
    this.pingAt = monotonic + jittered(PING_EVERY_MS);
    this.line.ping();
  }

  /** This process stood still: answers that came meanwhile have not been read yet, so silence proves nothing. */
  excuse(monotonic: number): void {
    this.pingedAt = 0;
    this.pingAt = Math.max(this.pingAt, monotonic + jittered(PING_EVERY_MS / 2));
  }

  end(ending: Ending): void {
    if (!this.over) this.line.end(ending);
  }

  /** The wire ends the connection for this; the first one counts. */
  ends(ending: Ending): void {
    this.ending ??= ending;
  }

  /** The connection is gone. `clean`: the client said goodbye. Resolves when presence knows. */
  async closed(clean: boolean): Promise<void> {
    if (this.over) return;
    this.over = true;
    const { identity } = this;
    this.services.sessions.remove(this);
    measure.ended(this.line.transport, this.ending ?? (this.mute ? 'mute' : clean ? 'left' : 'lost'));
    if (this.ending === 'slow')
      notice('slow', `A ${this.line.transport} connection that took nothing was cut: ${this.id}`);
    if (!identity) return;
    const silentMs = this.mute ? this.services.clock.monotonic() - this.heardAt : 0;
    try {
      // Whatever became of it: an end must not overtake its beginning.
      await this.connected?.catch(() => {});
      await this.services.holds.disconnected(identity, this.id, clean ? 'clean' : 'abrupt', silentMs);
    } catch (error) {
      logger.error(
        `The end of connection ${this.id} of ${identity.userId} was not taken`,
        error instanceof Error ? error.stack : error,
      );
    }
  }
}

/** A UUID is made as a chain of twenty texts, each with a price in memory for as long as it lives. */
const inOnePiece = (text: string) => Buffer.from(text).toString('latin1');

const logger = new Logger('Session');

/** How a connection ends that could not be opened for this error. */
export function endingOf(error: unknown): Ending {
  if (error instanceof TokenExpired) return 'expired';
  if (!(error instanceof Refusal)) {
    logger.error('A connection could not be opened', error instanceof Error ? error.stack : error);
    return 'unavailable';
  }
  switch (error.code) {
    case 'SERVICE_UNAVAILABLE':
      return 'unavailable';
    case 'RATE_LIMITED':
      return 'crowded';
    case 'BAD_USER_INPUT':
      return 'malformed';
    default:
      return 'unauthenticated';
  }
}

function platformOf(value: unknown): Platform {
  return PLATFORMS.find((platform) => platform === value) ?? 'UNKNOWN';
}

function jittered(ms: number): number {
  return ms * (1 - Math.random() * PING_JITTER);
}
