import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';

import { PresenceModule } from '../../presence/presence.module.js';
import { PrivacyModule } from '../../privacy/privacy.module.js';
import { BackendController } from './backend.controller.js';
import { InternalController } from './internal.controller.js';
import { OnlineController } from './online.controller.js';
import { UsersController } from './users.controller.js';

const CONTROLLERS = [UsersController, OnlineController, BackendController, InternalController];

@Module({ imports: [PresenceModule, PrivacyModule], controllers: CONTROLLERS })
export class RestModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(neverKept).forRoutes(...CONTROLLERS);
  }
}

/** Answers are one person's, and of this moment. */
function neverKept(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Cache-Control', 'no-store');
  next();
}
