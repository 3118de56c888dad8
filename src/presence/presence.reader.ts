import { Injectable } from '@nestjs/common';

import { Engine, type Truth } from '../engine/engine.js';
import { Clock } from '../kernel/clock.js';
import { type Dossier, PrivacyService } from '../privacy/privacy.service.js';
import { offline, redact } from './presence.rules.js';
import type { PresenceView } from './presence.types.js';

/** Answers what one viewer may see of others. No truth leaves it. */
@Injectable()
export class PresenceReader {
  constructor(
    private readonly engine: Engine,
    private readonly privacy: PrivacyService,
    private readonly clock: Clock,
  ) {}

  /** The views of those who exist, by user; one round trip to the engine and at most one query a thousand users. */
  async views(viewerId: string, userIds: readonly string[]): Promise<Map<string, PresenceView>> {
    const distinct = [...new Set(userIds)];
    // The engine first: a user whose record goes away in between is in Postgres by then.
    const truths = await this.engine.presence.read(distinct);
    const absent = new Set(distinct.filter((_, i) => !truths[i]));
    const dossiers = await this.privacy.dossiersFor(viewerId, distinct, absent);
    const now = this.clock.now();
    const views = new Map<string, PresenceView>();
    distinct.forEach((userId, i) => {
      const dossier = dossiers.get(userId);
      if (dossier) views.set(userId, redact(truths[i] ?? stored(userId, dossier), dossier.user, dossier.verdict, now));
    });
    return views;
  }
}

/** The truth of somebody whom the engine does not hold. */
export function stored(userId: string, dossier: Dossier): Truth {
  return offline(userId, dossier.lastSeen ?? null, dossier.lastActive ?? null);
}
