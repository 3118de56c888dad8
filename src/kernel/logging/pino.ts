import type { LoggerService } from '@nestjs/common';
import { Logger, PinoLogger, type Params } from 'nestjs-pino';
import { stdTimeFunctions } from 'pino';

import { tracingFields } from '../tracing/tracing.js';
import { requestFields } from './request.js';
import { scrub } from './scrub.js';

/** One JSON object a line on stdout, each with the instance, and with the request while one is being answered. */
function pinoParams(instanceId: string): Params {
  return {
    pinoHttp: {
      level: 'info',
      base: { instance: instanceId },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: bare },
      mixin: () => ({ ...tracingFields(), ...requestFields() }),
      // Whatever a message, a stack or a name holds: the finished line is looked through once more.
      hooks: { streamWrite: scrub },
    },
  };
}

/** For everything logged outside a request too; Nest and all of our parts log through it. */
export function pinoLogger(instanceId: string): LoggerService {
  const params = pinoParams(instanceId);
  return new OwnNews(new PinoLogger(params), params);
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

class OwnNews extends Logger {
  override log(message: unknown, ...rest: unknown[]): void {
    const context = rest.at(-1);
    if (typeof context === 'string' && CHATTER.has(context)) return;
    super.log(message, ...rest);
  }
}

/** Drivers hang what was asked for, and with what, on their errors; the log gets what went wrong and where. */
function bare(error: Error): object {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { type: error.name, message: error.message, ...code, stack: error.stack };
}
