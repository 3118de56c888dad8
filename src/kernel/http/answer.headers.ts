import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

import helmet from 'helmet';

import type { Config } from '../config/config.js';
import { allowsOrigin } from '../config/origins.js';

/** A name and its value, and the next name. */
type Headers = readonly string[];

/** Of an answer, what pages of other origins may read beside the body. */
export const EXPOSED_HEADERS = ['Retry-After'] as const;

/** The headers of every answer over HTTP, whoever gives it: what protects browsers, and whose pages may read it. */
export class AnswerHeaders {
  private readonly ordinary: Headers;

  constructor(private readonly config: Config) {
    this.ordinary = [...securityHeaders(config), 'Vary', 'Origin'];
  }

  of({ headers: { origin } }: IncomingMessage): Headers {
    if (origin === undefined || !allowsOrigin(this.config, origin)) return this.ordinary;
    const own = ['Access-Control-Allow-Origin', origin, 'Access-Control-Expose-Headers', EXPOSED_HEADERS.join(',')];
    return [...this.ordinary, ...own];
  }
}

/** They are the same for every request: helmet says once what they are. */
function securityHeaders(config: Config): Headers {
  const said: string[] = [];
  const sample = new ServerResponse(new IncomingMessage(new Socket()));
  sample.setHeader = (name, value) => {
    said.push(name, String(value));
    return sample;
  };
  helmet(helmetOptions(config))(sample.req, sample, () => {});
  return said;
}

function helmetOptions(config: Config): Parameters<typeof helmet>[0] {
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
