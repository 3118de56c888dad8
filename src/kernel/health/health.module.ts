import { Global, Module } from '@nestjs/common';

import { Drains } from '../drains.js';
import { HealthChecks } from './health.checks.js';
import { HealthController } from './health.controller.js';

@Global()
@Module({ controllers: [HealthController], providers: [HealthChecks, Drains], exports: [HealthChecks, Drains] })
export class HealthModule {}
