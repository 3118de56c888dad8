import { Module } from '@nestjs/common';
import { PresenceModule } from '../presence/presence.module.js';
import { TypingModule } from '../typing/typing.module.js';
import { Addresses } from './addresses.js';
import { Commands } from './commands.js';
import { Sessions } from './sessions.js';
import { UpgradeRouter } from './upgrade.js';

/** What every wire of long-lived connections on the HTTP port shares. */
@Module({
  imports: [PresenceModule, TypingModule],
  providers: [Addresses, Commands, Sessions, UpgradeRouter],
  exports: [Addresses, Commands, Sessions, UpgradeRouter],
})
export class SocketsModule {}
