import { Catch, HttpException, Logger } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';

import { Refusal, REFUSALS } from '../../kernel/errors.js';
import { measure } from '../../kernel/metrics/measure.js';

interface Answer {
  readonly http: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const INTERNAL: Answer = { http: 500, code: 'INTERNAL', message: 'Internal error' };

/** Failures of the HTTP border itself, by status. Their messages are ours: libraries quote what was sent. */
const BORDER: Readonly<Record<number, Answer>> = {
  400: { http: 400, code: 'BAD_USER_INPUT', message: 'The request cannot be read' },
  401: { http: 401, code: 'UNAUTHENTICATED', message: 'A valid token is required' },
  403: { http: 403, code: 'FORBIDDEN', message: 'Not allowed' },
  404: { http: 404, code: 'NOT_FOUND', message: 'There is nothing at this path' },
  405: { http: 405, code: 'METHOD_NOT_ALLOWED', message: 'This path does not take this method' },
  408: { http: 408, code: 'BAD_USER_INPUT', message: 'The request took too long' },
  413: { http: 413, code: 'BAD_USER_INPUT', message: 'The body is larger than 256 KiB' },
  415: { http: 415, code: 'BAD_USER_INPUT', message: 'The encoding of the body is not supported' },
};

/** Every failure of an HTTP call in one form: `{"success":false,"error":{"code","message"}}`. */
@Catch()
export class RestErrors implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    // The other wires explain their own failures.
    if (host.getType<string>() !== 'http') throw error;
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const answer = explain(error, request);
    measure.refused(answer.code);
    if (answer === INTERNAL)
      this.logger.error(`${request.method} ${request.path}`, error instanceof Error ? error.stack : String(error));
    send(response, answer);
  }
}

function send(response: Response, { http, code, message, headers }: Answer): void {
  // An answer that has begun cannot be taken back: cutting it off tells the client that it is not whole.
  if (response.headersSent) return void response.destroy();
  response
    .status(http)
    .set({ ...headers })
    .json({ success: false, error: { code, message } });
}

function explain(error: unknown, request: Request): Answer {
  if (error instanceof Refusal) return ofRefusal(error);
  const status = statusOf(error);
  if (status === 404) return ofUnknownPath(request);
  return BORDER[status] ?? INTERNAL;
}

function ofRefusal({ code, message, retryAfterMs }: Refusal): Answer {
  const { http } = REFUSALS[code];
  if (retryAfterMs === undefined) return { http, code, message };
  return { http, code, message, headers: { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) } };
}

/** Of Nest's exceptions and of the body parsers' errors, which say by `expose` that the client is at fault. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof Error && 'expose' in error && error.expose === true && 'status' in error)
    return Number(error.status);
  return 500;
}

const NOT_FOUND = BORDER[404] ?? INTERNAL;
const METHOD_NOT_ALLOWED = BORDER[405] ?? INTERNAL;

function ofUnknownPath(request: Request): Answer {
  const allowed = methodsAt(request);
  if (allowed.length === 0 || allowed.includes(request.method)) return NOT_FOUND;
  return { ...METHOD_NOT_ALLOWED, headers: { Allow: allowed.join(', ') } };
}

/** What the routes at the request's path would take. */
function methodsAt(request: Request): string[] {
  const router = request.app.router as unknown as { readonly stack: readonly Layer[] };
  const here = router.stack.filter((layer) => layer.route && matches(layer, request.path));
  const methods = here.flatMap(({ route }) => Object.keys(route?.methods ?? {})).map((method) => method.toUpperCase());
  return [...new Set(methods)].filter((method) => method !== '_ALL').sort();
}

/** Of Express 5's router: the part that is needed here. */
interface Layer {
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false; // A path that cannot be decoded matches nothing.
  }
}
