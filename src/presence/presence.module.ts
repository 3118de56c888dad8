import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

import { HealthModule } from '../kernel/health/health.module.js';
import { PrivacyModule } from '../privacy/privacy.module.js';
import { ExplainService } from './explain.service.js';
import { OnlineLists } from './online.service.js';
import { Customs } from './presence.customs.js';
import { presenceEntities } from './presence.entities.js';
import { PresenceFeed } from './presence.feed.js';
import { Holds } from './holds.service.js';
import { PresenceReader } from './presence.reader.js';
import { PresenceReaper } from './presence.reaper.js';
import { PresenceRepository } from './presence.repository.js';
import { PresenceResolver } from './presence.resolver.js';
import { PresenceService } from './presence.service.js';

@Module({
  imports: [TypeOrmModule.forFeature(presenceEntities), HealthModule, PrivacyModule],
  providers: [
    PresenceRepository,
    Customs,
    PresenceReader,
    Holds,
    OnlineLists,
    PresenceService,
    PresenceFeed,
    PresenceReaper,
    PresenceResolver,
    ExplainService,
  ],
  exports: [Holds, OnlineLists, PresenceService, PresenceFeed, PresenceReaper, ExplainService],
})
export class PresenceModule {}
