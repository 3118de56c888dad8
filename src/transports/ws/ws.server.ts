import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { WebSocketServer } from 'ws';
import { Clock } from '../../kernel/clock.js';
import { PresenceFeed } from '../../presence/presence.feed.js';
import { TypingFeed } from '../../typing/typing.feed.js';
import { Commands } from '../commands.js';
import { Sessions } from '../sessions.js';
import { UpgradeRouter } from '../upgrade.js';
import { type Address, PlainSocket, type Services } from './ws.socket.js';

/** Without compression: frames that we write ourselves must not meet frames that wait to be compressed. */
const OPTIONS = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: 256 * 1024,
  maxFragments: 64,
  maxBufferedChunks: 1024,
  closeTimeout: 2000,
  skipUTF8Validation: false,
};

/** The plain WebSocket protocol at /ws. */
@Injectable()
export class PlainServer {
  private readonly server = new WebSocketServer(OPTIONS);
  private readonly services: Services;

  constructor(
    sessions: Sessions,
    commands: Commands,
    presence: PresenceFeed,
    typing: TypingFeed,
    clock: Clock,
    upgrades: UpgradeRouter,
  ) {
    this.services = { sessions, commands, feeds: { presence, typing, clock } };
    upgrades.route('/ws', (request, socket, head) => this.upgrade(request, socket, head));
  }

  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.server.handleUpgrade(request, socket, head, (ws) => {
      new PlainSocket(ws, socket, this.services, addressOf(request.url ?? ''));
    });
  }
}

function addressOf(url: string): Address {
  const query = new URLSearchParams(url.split('?', 2)[1]);
  return {
    token: query.get('token'),
    simple: query.get('events') === 'simple',
    hello: {
      presence: query.get('presence') !== 'false',
      active: query.get('active') !== 'false',
      platform: query.get('platform'),
      deviceId: query.get('deviceId'),
    },
  };
}
