import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { type Socket as EngineSocket, Server as Engine } from 'engine.io';
import type { NextFunction, Request, Response } from 'express';
import { Server, type Socket } from 'socket.io';
import { Clock } from '../../kernel/clock.js';
import { Config } from '../../kernel/config/config.js';
import { allowsOrigin } from '../../kernel/config/origins.js';
import { PresenceFeed } from '../../presence/presence.feed.js';
import { TypingFeed } from '../../typing/typing.feed.js';
import { Addresses } from '../addresses.js';
import { Commands } from '../commands.js';
import { failureOf } from '../failures.js';
import { Sessions } from '../sessions.js';
import { UpgradeRouter } from '../upgrade.js';
import { attend, mayTry, saidGoodbye } from './socketio.engine.js';
import { IoSocket, type Services } from './socketio.socket.js';

const PATH = '/socket.io';

const ENGINE_OPTIONS = {
  maxHttpBufferSize: 256 * 1024,
  // Sessions look for signs of life a little more rarely, so that each look finds the answer to one of these; it is
  // they who give up, since they know when we were asleep.
  pingInterval: 6000,
  pingTimeout: 20_000,
  upgradeTimeout: 5000,
  allowEIO3: false,
  perMessageDeflate: false,
  httpCompression: false,
};
const CONNECT_TIMEOUT_MS = 5000;

/** Socket.IO at its default path, over polling and WebSocket, behind the one upgrade router. */
@Injectable()
export class IoServer implements OnModuleInit, OnApplicationShutdown {
  private readonly engine = new Engine(ENGINE_OPTIONS);
  private readonly io = new Server({ serveClient: false, connectTimeout: CONNECT_TIMEOUT_MS });
  private readonly services: Services;

  constructor(
    sessions: Sessions,
    commands: Commands,
    presence: PresenceFeed,
    typing: TypingFeed,
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly addresses: Addresses,
    private readonly upgrades: UpgradeRouter,
    private readonly adapter: HttpAdapterHost,
  ) {
    this.services = { sessions, commands, feeds: { presence, typing, clock } };
    this.engine.on('connection', (engine: EngineSocket) => this.attend(engine));
    this.io.bind(this.engine);
    this.io.use((socket, next) => this.admit(socket, next));
    this.io.on('connection', (socket: Socket) => (socket.data as { mine?: IoSocket }).mine?.welcome());
    upgrades.route(`${PATH}/`, (request, socket, head) => this.engine.handleUpgrade(request, socket, head));
  }

  /** When what holds for every HTTP answer is in place, and before anything is said not to exist. */
  onModuleInit(): void {
    const poll = (request: Request, response: Response, next: NextFunction) => this.poll(request, response, next);
    this.adapter.httpAdapter.use(PATH, poll);
  }

  onApplicationShutdown(): void {
    this.engine.close();
  }

  private poll(request: Request, response: Response, next: NextFunction): void {
    if (request.path !== '/') return next();
    const { origin } = request.headers;
    const rejection = request.query['sid'] === undefined ? this.upgrades.judge(request) : null;
    // A body that somebody has read already would be waited for in vain.
    if (request.body !== undefined) return void response.status(400).end();
    if (origin !== undefined && !allowsOrigin(this.config, origin)) return void response.status(403).end();
    if (rejection === 503) response.setHeader('Retry-After', 1 + Math.floor(Math.random() * 10));
    if (rejection !== null) return void response.status(rejection).end();
    this.engine.handleRequest(request as never, response);
  }

  private attend(engine: EngineSocket): void {
    attend(engine, this.clock);
    // A WebSocket is counted where it was upgraded.
    if (engine.transport.name !== 'polling') return;
    const leave = this.addresses.enter(engine.remoteAddress);
    engine.once('upgrade', leave);
    engine.once('close', leave);
  }

  private admit(socket: Socket, next: (error?: Error) => void): void {
    if (!mayTry(socket.conn)) return;
    const mine = new IoSocket(socket, this.services);
    (socket.data as { mine?: IoSocket }).mine = mine;
    socket.once('disconnect', (reason) =>
      mine.gone(reason === 'client namespace disconnect' || (reason === 'transport close' && saidGoodbye(socket.conn))),
    );
    // Also one that goes before it is connected, of which nothing else is told.
    socket.conn.once('close', () => setImmediate(() => mine.gone(false)));
    mine.enter().then(
      () => next(),
      (error: unknown) => {
        const { code, message } = failureOf(error, 'A connection', null);
        mine.gone(false);
        next(Object.assign(new Error(message), { data: { code } }));
      },
    );
  }
}
