import { ConsoleLogger } from '@nestjs/common';
import type { LoggerService } from '@nestjs/common';

import type { Config } from '../kernel/config/config.js';
import { pinoLogger } from '../kernel/logging/pino.js';

/** One JSON object a line in production; short lines for people otherwise. */
export function loggerFor(config: Pick<Config, 'production'> & Partial<Pick<Config, 'instanceId'>>): LoggerService {
  if (config.production) return pinoLogger(config.instanceId ?? '');
  return new ConsoleLogger({ logLevels: ['warn', 'error', 'fatal'] });
}
