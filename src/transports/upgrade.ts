import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Config } from '../kernel/config/config.js';
import { allowsOrigin } from '../kernel/config/origins.js';
import { Drains } from '../kernel/drains.js';
import { notice } from '../kernel/logging/notices.js';
import { measure } from '../kernel/metrics/measure.js';
import { Addresses } from './addresses.js';

export type Upgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => void;

const RETRY_AFTER_MAX_S = 10;
/** Of what a peer sends, in the log. */
const TOLD_MAX = 200;

const ANSWERS = { 403: 'Forbidden', 404: 'Not Found', 503: 'Service Unavailable' } as const;
export type Rejection = keyof typeof ANSWERS;

/**
 * Every upgrade on the HTTP port, each exact path to the wire that has asked for it. What no wire wants is answered
 * and closed at once: otherwise nobody ever would.
 */
@Injectable()
export class UpgradeRouter implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly routes = new Map<string, Upgrade>();
  private stop: () => void = () => {};

  constructor(
    private readonly adapter: HttpAdapterHost,
    private readonly config: Config,
    private readonly addresses: Addresses,
    private readonly drains: Drains,
  ) {}

  onApplicationBootstrap(): void {
    const server = this.adapter.httpAdapter.getHttpServer() as Server;
    // Some clients offer HTTP/2 with every request; a server that wants none answers as if they had not. Node 24 asks
    // this; an older one hands over every upgrade, and those clients have to stop offering.
    Object.assign(server, { shouldUpgradeCallback: isWebSocket });
    const listener = (request: IncomingMessage, socket: Socket, head: Buffer) => this.take(request, socket, head);
    server.on('upgrade', listener);
    this.stop = () => server.off('upgrade', listener);
  }

  onApplicationShutdown(): void {
    this.stop();
  }

  /** `path` without a query; where several wires share a port, each has its own. */
  route(path: string, upgrade: Upgrade): void {
    this.routes.set(path, upgrade);
  }

  /** Whether somebody may shake hands now; counts it. For wires that also open connections without an upgrade. */
  judge({ headers, socket }: IncomingMessage): Rejection | null {
    const { origin } = headers;
    if (origin !== undefined && !allowsOrigin(this.config, origin)) {
      measure.rejected('origin');
      notice('origin', `A page of ${origin.slice(0, TOLD_MAX)} may not open connections: it is not in ALLOWED_ORIGINS`);
      return 403;
    }
    if (this.drains.draining) {
      measure.rejected('draining');
      return 503;
    }
    if (this.addresses.welcomes(socket.remoteAddress ?? '')) return null;
    measure.rejected('address');
    notice('handshake', `${socket.remoteAddress} has too many connections, or opens them too fast`);
    return 503;
  }

  private take(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // A peer that is gone before it is answered is no failure of ours.
    socket.on('error', () => socket.destroy());
    const upgrade = this.routes.get(request.url?.split('?', 1)[0] ?? '');
    if (!upgrade) measure.rejected('path');
    const rejection = upgrade ? this.judge(request) : 404;
    if (!upgrade || rejection !== null) return reject(socket, rejection ?? 404);
    socket.on('close', this.addresses.enter(socket.remoteAddress ?? ''));
    upgrade(request, socket, head);
  }
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

function reject(socket: Socket, status: Rejection): void {
  // Different waits, so that those who were sent away together do not come back together.
  const retry = status === 503 ? `Retry-After: ${1 + Math.floor(Math.random() * RETRY_AFTER_MAX_S)}\r\n` : '';
  const answer = `HTTP/1.1 ${status} ${ANSWERS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n${retry}\r\n`;
  socket.end(answer, () => socket.destroy());
}
