import { Injectable } from '@nestjs/common';

import { Engine } from '../engine/engine.js';
import { Clock } from '../kernel/clock.js';
import { PrivacyService } from '../privacy/privacy.service.js';
import { completed, offline, redact } from './presence.rules.js';
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
    // Postgres is asked about the invisible as it is about those who are gone: that takes time, which one can measure.
    const away = new Set(distinct.filter((_, i) => (truths[i]?.status ?? 'OFFLINE') === 'OFFLINE'));
    const pairs = distinct.map((subjectId) => ({ subjectId, viewerId }));
    const dossiers = await this.privacy.dossiers(pairs, away);
    const now = this.clock.now();
    const views = new Map<string, PresenceView>();
    distinct.forEach((userId, i) => {
      const dossier = dossiers[i];
      if (!dossier) return;
      const truth = truths[i] ?? offline(userId, null, dossier.lastActive ?? null);
      views.set(userId, redact(completed(truth, dossier.lastSeen ?? null), dossier.user, dossier.verdict, now));
    });
    return views;
  }
}
