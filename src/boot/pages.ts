import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';

import type { Config } from '../kernel/config/config.js';

/** Built by `npm run build`; beside `src` as well as beside `dist`. */
const BUILT =
  ['../../web/dist', '../../../web/dist']
    .map((path) => join(import.meta.dirname, path))
    .find((folder) => existsSync(folder)) ?? join(import.meta.dirname, '../../web/dist');

/** Names of assets change with what is in them. */
const FOREVER = { immutable: true, maxAge: '365d', index: false, redirect: false } as const;

/** Outside production: the demo at /demo, and the IDE for people who open /graphql in a browser. */
export function servePages(app: NestExpressApplication, config: Config): void {
  if (config.production) return;
  app.useStaticAssets(join(BUILT, 'demo/assets'), { ...FOREVER, prefix: '/demo/assets/' });
  app.useStaticAssets(join(BUILT, 'ide/assets'), { ...FOREVER, prefix: '/graphql-ide/assets/' });
  app.use((request: Request, response: Response, next: NextFunction) => {
    const page = pageFor(request);
    if (page === null) return next();
    response.vary('Accept');
    response.setHeader('Cache-Control', 'no-cache');
    response.sendFile(join(BUILT, page, 'index.html'), (error) => {
      if (error && !response.headersSent) notBuilt(response);
    });
  });
}

function pageFor({ method, path, headers }: Request): 'demo' | 'ide' | null {
  if (method !== 'GET' && method !== 'HEAD') return null;
  if (path === '/demo' || path === '/demo/') return 'demo';
  // Clients of the API never ask for a page; browsers ask for it by name.
  return path === '/graphql' && /\btext\/html\b/.test(headers.accept ?? '') ? 'ide' : null;
}

const notBuilt = (response: Response) =>
  response.status(404).type('text').send('This page has not been built. `npm run build` does that.\n');
