import { ConsoleLogger } from '@nestjs/common';
import type { LoggerService } from '@nestjs/common';

import type { Config } from '../kernel/config/config.js';

/** One JSON object a line in production; short lines for people otherwise. */
export function loggerFor(config: Pick<Config, 'production'>): LoggerService {
  if (config.production)
    return new OwnNewsLogger({ json: true, colors: false, logLevels: ['log', 'warn', 'error', 'fatal'] });
  return new ConsoleLogger({ logLevels: ['warn', 'error', 'fatal'] });
}

// Parts of the framework that tell at every start what they have found.
const CHATTER = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'GraphQLModule',
  'NestMicroservice',
]);

class OwnNewsLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && CHATTER.has(context)) return;
    super.log(message, ...rest);
  }
}
