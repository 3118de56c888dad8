import { Module } from '@nestjs/common';
import { PresenceModule } from '../presence/presence.module.js';
import { Addresses } from './addresses.js';
import { Sessions } from './sessions.js';
import { UpgradeRouter } from './upgrade.js';

/** What every wire of long-lived connections on the HTTP port shares. */
@Module({
  imports: [PresenceModule],
  providers: [Addresses, Sessions, UpgradeRouter],
  exports: [Addresses, Sessions, UpgradeRouter],
})
export class SocketsModule {}
