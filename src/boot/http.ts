import { createServer } from 'node:http';

import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';

import type { Config } from '../kernel/config/config.js';
import { allowsOrigin } from '../kernel/config/origins.js';
import { timed } from '../kernel/metrics/http.timing.js';

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

/** Express on a server with our own limits, which Nest has no options for. */
export class BoundedExpressAdapter extends ExpressAdapter {
  override initHttpServer(): void {
    this.httpServer = createServer(
      {
        maxHeaderSize: HEADERS_MAX_BYTES,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: IMPORT_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
      },
      this.getInstance(),
    );
  }
}

/** What holds for every HTTP answer, whoever gives it. */
export function furnish(app: NestExpressApplication, config: Config): void {
  app.disable('x-powered-by');
  app.set('query parser', 'simple'); // Flat text only: nothing here takes nested queries.
  app.use(timed);
  app.use(cutSlowBodies);
  app.use(helmet(securityHeaders(config)));
  app.use((_request: Request, response: Response, next: NextFunction) => {
    response.vary('Origin');
    next();
  });
  allowBrowsers(app, config);
  app.useBodyParser('json', { limit: BODY_MAX_BYTES });
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

function allowBrowsers(app: INestApplication, config: Config): void {
  app.enableCors({
    // Bearer tokens only: no cookie ever means anything here, so credentials are not allowed either.
    origin: (origin: string | undefined, answer: (error: null, allowed: boolean) => void) =>
      answer(null, origin !== undefined && allowsOrigin(config, origin)),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    exposedHeaders: ['Retry-After'],
    maxAge: PREFLIGHT_SECONDS,
  });
}

function securityHeaders(config: Config): Parameters<typeof helmet>[0] {
  return {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        // The editor of the GraphQL IDE runs in workers made from blobs, and styles itself.
        workerSrc: ["'self'", 'blob:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'https:'],
        connectSrc: ["'self'", 'ws:', 'wss:'],
        objectSrc: ["'none'"],
        frameAncestors: ["'none'"],
        // A development server has no TLS to upgrade to.
        upgradeInsecureRequests: config.production ? [] : null,
      },
    },
    // Other origins' pages may read what CORS allows them to.
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    strictTransportSecurity: config.production,
  };
}
