import { Injectable, NotFoundException, type NestMiddleware } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import type { DocumentNode } from 'graphql';
import type { Fields } from '../commands.js';
import { Answers, plainOf } from './answers.js';
import { Documents } from './documents.js';
import { explain } from './explain.js';
import { JSON_TYPE, NEVER_KEPT, RESPONSE_TYPE, legacy } from './media.js';

/**
 * Stands before Apollo, which would look into a document before it could be told that it is too large to: only
 * documents that are safe to execute come through, and Apollo finds them read already.
 */
@Injectable()
export class Doorkeeper implements NestMiddleware {
  constructor(
    private readonly documents: Documents,
    private readonly answers: Answers,
  ) {}

  use(request: Request, response: Response, next: NextFunction): void {
    // Apollo is mounted by prefix; nothing but the one path is GraphQL.
    if (request.originalUrl.split('?', 1)[0] !== '/graphql') return next(new NotFoundException());
    response.setHeader(...NEVER_KEPT);
    const text = textOf(request);
    // What is no document at all is Apollo's to refuse.
    if (!text) return next();
    const { document, errors } = this.documents.take(text);
    if (!errors) {
      return void this.answer(request, response, document)
        .then((done) => done || next())
        .catch(next);
    }
    const old = legacy(request.headers.accept);
    response
      .status(old ? 200 : 400)
      .type(old ? JSON_TYPE : RESPONSE_TYPE)
      .send(JSON.stringify({ errors: errors.map(explain) }));
  }

  /** False: that is Apollo's. */
  private async answer(request: Request, response: Response, document: DocumentNode): Promise<boolean> {
    const { method, headers } = request;
    const asked = method === 'POST' && plainOf(headers.accept, request.body as Fields, document);
    const text = asked && (await this.answers.give(asked, { req: request }));
    if (!asked || text === null) return false;
    response.setHeader('Content-Type', asked.type);
    response.send(text);
    return true;
  }
}

function textOf(request: Request): string | null {
  const query: unknown = request.method === 'GET' ? request.query['query'] : bodyOf(request)['query'];
  return typeof query === 'string' ? query : null;
}

function bodyOf({ body }: { body?: unknown }): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? { ...body } : {};
}
