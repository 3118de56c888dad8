import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Express, NextFunction, Request, Response } from 'express';

import type { Config } from '../kernel/config/config.js';
import { allowsOrigin } from '../kernel/config/origins.js';
import { AnswerHeaders, EXPOSED_HEADERS } from '../kernel/http/answer.headers.js';
import { answering, REQUEST_ID_HEADER, requestIdOf } from '../kernel/logging/request.js';
import { partOf, timeAnswer } from '../kernel/metrics/http.timing.js';

/** Request line and headers together: five hundred ids of 128 characters fit into a query. */
const HEADERS_MAX_BYTES = 80 * 1024;
const BODY_MAX_BYTES = 256 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
/** Until the body is there. */
const BODY_TIMEOUT_MS = 15_000;
/** An import may go on for as long as a large directory takes. */
const IMPORT_PATH = '/api/internal/import';
const IMPORT_TIMEOUT_MS = 3_600_000;
/** Longer than the idle time of usual load balancers, which would otherwise send into a connection just closed. */
const KEEP_ALIVE_MS = 65_000;
const PREFLIGHT_SECONDS = 600;

/** Answers a request, or hands it on as it was. */
export type Counter = (request: IncomingMessage, response: ServerResponse, onward: () => void) => void;

/** Express on a server with our own limits, which Nest has no options for. */
export class BoundedExpressAdapter extends ExpressAdapter {
  /** What is asked before Express. */
  counter: Counter | null = null;

  override initHttpServer(): void {
    const express = this.getInstance<Express>();
    this.httpServer = createServer(
      {
        maxHeaderSize: HEADERS_MAX_BYTES,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: IMPORT_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
      },
      (request, response) => {
        if (this.counter) this.counter(request, response, () => void express(request, response));
        else express(request, response);
      },
    );
  }
}

/** What holds for every HTTP answer, whoever gives it. */
export function furnish(app: NestExpressApplication, config: Config): void {
  app.disable('x-powered-by');
  app.set('query parser', 'simple'); // Flat text only: nothing here takes nested queries.
  // No answer is kept by anybody; of files the tag is made from what the system says of them.
  app.set('etag', () => undefined);
  const headers = new AnswerHeaders(config);
  // First, so that what is refused early counts, too.
  app.use((request: Request, response: Response, next: NextFunction) => {
    timeAnswer(partOf(request.path), response);
    const own = headers.of(request);
    for (let at = 0; at + 1 < own.length; at += 2) response.setHeader(own[at] ?? '', own[at + 1] ?? '');
    next();
  });
  app.use(cutSlowBodies);
  allowBrowsers(app, config);
  app.useBodyParser('json', { limit: BODY_MAX_BYTES });
  app.use((request: Request, response: Response, next: NextFunction) => {
    const id = requestIdOf(request);
    response.setHeader(REQUEST_ID_HEADER, id);
    answering(id, next);
  });
}

/** A body that dribbles in holds a connection; one that is being imported is read as fast as it can be stored. */
function cutSlowBodies(request: Request, _response: Response, next: NextFunction): void {
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
  if (hasBody && request.path !== IMPORT_PATH) {
    const timer = setTimeout(() => request.socket.destroy(), BODY_TIMEOUT_MS).unref();
    request.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
  }
  next();
}

/** Answers who asks before calling. Bearer tokens only: no cookie ever means anything here, so none is allowed. */
function allowBrowsers(app: INestApplication, config: Config): void {
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'];
  const leave = { origin: true, methods, exposedHeaders: [...EXPOSED_HEADERS], maxAge: PREFLIGHT_SECONDS };
  app.enableCors(({ method, headers: { origin } }: Request, answer: (error: null, options: object) => void) => {
    const asks = method === 'OPTIONS' && origin !== undefined && allowsOrigin(config, origin);
    answer(null, asks ? leave : { origin: false });
  });
}
