import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AuthService } from '../../kernel/auth/auth.service.js';
import { bearerToken } from '../../kernel/auth/bearer.js';
import type { Caller } from '../../kernel/caller.js';
import { Config } from '../../kernel/config/config.js';
import { AnswerHeaders } from '../../kernel/http/answer.headers.js';
import { answering, REQUEST_ID_HEADER, requestIdOf } from '../../kernel/logging/request.js';
import { measure } from '../../kernel/metrics/measure.js';
import { timeAnswer } from '../../kernel/metrics/http.timing.js';
import { Answers, type Plain, plainOf } from './answers.js';
import { Documents } from './documents.js';
import { explainAll } from './explain.js';
import { NEVER_KEPT } from './media.js';
import { isFields } from './messages.js';

const BODY_TYPES: ReadonlySet<string | undefined> = new Set([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=utf-8',
  'application/json; charset=UTF-8',
  'application/json;charset=UTF-8',
]);

/**
 * Stands before Express, which costs several times what a heartbeat does: a known caller's plain operation, of a
 * document that is known to be safe, is answered here, as it would be answered behind. All others go on untouched.
 */
@Injectable()
export class Counter {
  private readonly headers: AnswerHeaders;

  constructor(
    config: Config,
    private readonly auth: AuthService,
    private readonly documents: Documents,
    private readonly answers: Answers,
  ) {
    this.headers = new AnswerHeaders(config);
  }

  /** Answers, or calls `onward` with everything as it came. */
  take(request: IncomingMessage, response: ServerResponse, onward: () => void): void {
    const caller = isOrdinary(request) ? this.auth.known(bearerToken(request.headers.authorization)) : null;
    if (!caller) return onward();
    // By then all that came together with the head is there. For a body that comes later others have the patience.
    process.nextTick(() => {
      const plain = this.plainOf(request);
      if (!plain) return onward();
      const id = requestIdOf(request);
      void answering(id, () => this.answer({ plain, caller, id, request, response, onward }));
    });
  }

  /** Leaves the body where it is. */
  private plainOf(request: IncomingMessage): Plain | null {
    const { headers, readableLength } = request;
    if (readableLength === 0 || headers['content-length'] !== String(readableLength)) return null;
    const bytes = request.read() as Buffer;
    request.unshift(bytes);
    const body = parsed(bytes);
    if (!isFields(body) || typeof body['query'] !== 'string') return null;
    const document = this.documents.known(body['query']);
    return document ? plainOf(headers.accept, body, document) : null;
  }

  private async answer({ plain, caller, id, request, response, onward }: Case): Promise<void> {
    const began = measure.moment();
    let text: string | null;
    let status = 200;
    try {
      text = await this.answers.give(plain, { caller });
    } catch (error) {
      text = JSON.stringify({ errors: explainAll([error], plain.operationName, caller) });
      status = 500;
    }
    if (text === null) return onward();
    timeAnswer('graphql', response, began);
    const length = String(Buffer.byteLength(text));
    const own = [REQUEST_ID_HEADER, id, ...NEVER_KEPT, 'Content-Type', plain.type, 'Content-Length', length];
    request.resume();
    response.writeHead(status, [...this.headers.of(request), ...own]).end(text);
  }
}

interface Case {
  readonly plain: Plain;
  readonly caller: Caller;
  readonly id: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly onward: () => void;
}

function isOrdinary({ method, url, headers }: IncomingMessage): boolean {
  return (
    method === 'POST' &&
    url === '/graphql' &&
    BODY_TYPES.has(headers['content-type']) &&
    headers['content-encoding'] === undefined
  );
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return null;
  }
}
