import { Module } from '@nestjs/common';

import { PrivacyModule } from '../privacy/privacy.module.js';
import { TypingFeed } from './typing.feed.js';
import { TypingReaper } from './typing.reaper.js';
import { TypingResolver } from './typing.resolver.js';
import { TypingService } from './typing.service.js';

@Module({
  imports: [PrivacyModule],
  providers: [TypingService, TypingFeed, TypingReaper, TypingResolver],
  exports: [TypingService, TypingFeed, TypingReaper],
})
export class TypingModule {}
