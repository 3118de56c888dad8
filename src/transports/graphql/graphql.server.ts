import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import { WebSocketServer } from 'ws';
import { Clock } from '../../kernel/clock.js';
import { Sessions } from '../sessions.js';
import { UpgradeRouter } from '../upgrade.js';
import { GraphqlProtocol } from './graphql.protocol.js';
import { GraphqlSocket } from './graphql.socket.js';
import { PROTOCOL } from './messages.js';

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
  handleProtocols: (offered: ReadonlySet<string>) => offered.has(PROTOCOL) && PROTOCOL,
};

/** graphql-transport-ws at /graphql. */
@Injectable()
export class GraphqlServer {
  private readonly server = new WebSocketServer(OPTIONS);

  constructor(
    private readonly protocol: GraphqlProtocol,
    private readonly sessions: Sessions,
    private readonly clock: Clock,
    upgrades: UpgradeRouter,
  ) {
    upgrades.route('/graphql', (request, socket, head) => this.upgrade(request, socket, head));
  }

  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    this.server.handleUpgrade(request, socket, head, (ws) => {
      this.protocol.serve(new GraphqlSocket(ws, socket, this.sessions, this.clock));
    });
  }
}
