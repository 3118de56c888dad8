import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

import { privacyEntities } from './privacy.entities.js';
import { PrivacyRepository } from './privacy.repository.js';
import { PrivacyResolver } from './privacy.resolver.js';
import { PrivacyService } from './privacy.service.js';

@Module({
  imports: [TypeOrmModule.forFeature(privacyEntities)],
  providers: [PrivacyRepository, PrivacyService, PrivacyResolver],
  exports: [PrivacyService],
})
export class PrivacyModule {}
