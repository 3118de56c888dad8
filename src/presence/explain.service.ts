import { Injectable } from '@nestjs/common';

import { Engine, type HolderAccount, type StatusMessage, type Transition } from '../engine/engine.js';
import { Config } from '../kernel/config/config.js';
import { Directory } from '../kernel/directory/directory.service.js';
import { userNotFound } from '../kernel/errors.js';
import { checkId } from '../kernel/input.js';
import { PrivacyService } from '../privacy/privacy.service.js';
import { deadlinesOf, ruleOf } from './explain.rules.js';
import type { ExplainedHolder, ExplainedTransition, Explanation, Times } from './explain.types.js';
import { Customs } from './presence.customs.js';
import { Holds } from './holds.service.js';
import { PresenceRepository } from './presence.repository.js';
import { offline } from './presence.rules.js';
import type { MessageView } from './presence.types.js';

const TRANSITIONS_MAX = 20;

/** Tells an operator why somebody is shown as they are. Whoever asks has to be trusted with everything. */
@Injectable()
export class ExplainService {
  constructor(
    private readonly engine: Engine,
    private readonly directory: Directory,
    private readonly privacy: PrivacyService,
    private readonly customs: Customs,
    private readonly repository: PresenceRepository,
    private readonly holds: Holds,
    private readonly config: Config,
  ) {}

  /** Refuses USER_NOT_FOUND, BAD_USER_INPUT, SERVICE_UNAVAILABLE. */
  async explain(userId: string): Promise<Explanation> {
    const user = await this.directory.user(checkId(userId, 'userId'));
    if (!user) throw userNotFound();
    const [account, settings, custom, lastSeen] = await Promise.all([
      this.engine.presence.account(userId, TRANSITIONS_MAX),
      this.privacy.settings(userId),
      this.customs.stored(userId),
      this.repository.lastSeenOf([userId]),
    ]);
    const stored = lastSeen.get(userId) ?? { lastSeen: null, lastActive: null };
    const truth = account.truth ?? offline(userId, stored.lastSeen, stored.lastActive);
    const { idleAfterMs } = this.config;
    return {
      user,
      now: new Date(account.now),
      shown: {
        status: truth.status,
        since: toDate(truth.since),
        lastSeen: toDate(truth.lastSeen),
        lastActive: toDate(truth.lastActive),
        platforms: truth.platforms,
        message: truth.message && explainedMessage(truth.message),
      },
      rule: ruleOf(account, idleAfterMs),
      customStatus: {
        status: custom?.status ?? 'ONLINE',
        version: custom?.version ?? 0,
        versionInEngine: account.custom?.version ?? null,
      },
      privacy: { online: settings.online, lastSeen: settings.lastSeen, typing: settings.typing },
      holders: account.holders.map(explainedHolder),
      socketsHere: this.holds.socketsHere(userId),
      deadlines: deadlinesOf(account, idleAfterMs),
      unstored: account.unstored && timesOf(account.unstored),
      stored: timesOf(stored),
      transitions: account.transitions.map(explainedTransition),
    };
  }
}

function explainedHolder(holder: HolderAccount): ExplainedHolder {
  const { connectedAt, activeAt, renewedAt, endsAt, ...rest } = holder;
  return {
    ...rest,
    connectedAt: new Date(connectedAt),
    activeAt: toDate(activeAt),
    renewedAt: new Date(renewedAt),
    endsAt: toDate(endsAt),
  };
}

function explainedTransition({ at, ...rest }: Transition): ExplainedTransition {
  return { at: new Date(at), ...rest };
}

function explainedMessage({ expiresAt, ...rest }: StatusMessage): MessageView {
  return { ...rest, expiresAt: toDate(expiresAt) };
}

function timesOf({ lastSeen, lastActive }: { lastSeen: number | null; lastActive: number | null }): Times {
  return { lastSeen: toDate(lastSeen), lastActive: toDate(lastActive) };
}

const toDate = (ms: number | null) => (ms === null ? null : new Date(ms));
