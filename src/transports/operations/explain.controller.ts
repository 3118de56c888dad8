import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';

import { ServiceOnly } from '../../kernel/auth/service.guard.js';
import { ExplainService } from '../../presence/explain.service.js';
import type { Explanation } from '../../presence/explain.types.js';

/** Why is Ann shown offline? Under the service token, as the answer hides nothing. */
@ServiceOnly()
@ApiExcludeController()
@Controller('api/internal/users/:id/explain')
export class ExplainController {
  constructor(private readonly explainer: ExplainService) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async explain(@Param('id') id: string): Promise<{ success: true; data: Explanation }> {
    return { success: true, data: await this.explainer.explain(id) };
  }
}
