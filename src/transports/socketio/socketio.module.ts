import { Module } from '@nestjs/common';
import { PresenceModule } from '../../presence/presence.module.js';
import { TypingModule } from '../../typing/typing.module.js';
import { SocketsModule } from '../sockets.module.js';
import { IoServer } from './socketio.server.js';

@Module({
  imports: [PresenceModule, TypingModule, SocketsModule],
  providers: [IoServer],
})
export class IoModule {}
