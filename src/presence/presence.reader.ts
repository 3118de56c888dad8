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

  /**
   * A view of each, in the order asked; null where there is no such user. One round trip to the engine and at most one
   * query a thousand users.
   */
  async views(viewerId: string, userIds: readonly string[]): Promise<(PresenceView | null)[]> {
    // The engine first: a user whose record goes away in between is in Postgres by then.
    const truths = await this.engine.presence.read(userIds);
    // Postgres is asked about the invisible as it is about those who are gone: that takes time, which one can measure.
    const subjects = userIds.map((userId, i) => ({ userId, away: (truths[i]?.status ?? 'OFFLINE') === 'OFFLINE' }));
    const [dossiers = []] = await this.privacy.dossiers([{ viewerId, subjects }]);
    const now = this.clock.now();
    return dossiers.map((dossier, i) => {
      if (!dossier) return null;
      const { user, verdict, lastSeen, lastActive } = dossier;
      const truth = truths[i] ?? offline(user.id, null, lastActive ?? null);
      return redact(completed(truth, lastSeen ?? null), user, verdict, now);
    });
  }
}
