import { Body, Controller, Get, Headers, Param, Put } from '@nestjs/common';

import { ServiceOnly } from '../../kernel/auth/service.guard.js';
import { checkId } from '../../kernel/input.js';
import { PresenceService } from '../../presence/presence.service.js';
import { documented, ofBackEnds } from './rest.docs.js';
import { checkOverride } from './rest.input.js';
import { CUSTOM_STATUS_OF_ANSWER, DONE_ANSWER, OVERRIDE_BODY } from './rest.schemas.js';

/** What your own back end knows and says about anybody's presence. */
@ServiceOnly()
@ofBackEnds()
@Controller('api/user')
export class BackendController {
  constructor(private readonly presence: PresenceService) {}

  @documented({ summary: 'What somebody chose to be shown as', answer: CUSTOM_STATUS_OF_ANSWER, refuses: [400, 404] })
  @Get('custom-status/:userId')
  async customStatus(@Param('userId') userId: string) {
    return { customStatus: await this.presence.customStatusOf(userId) };
  }

  @documented({
    summary: "Sets somebody's presence from outside; OFFLINE drops every lease and detaches every socket",
    headers: { 'x-user-id': 'Whose' },
    body: OVERRIDE_BODY,
    answer: DONE_ANSWER,
    refuses: [400, 404],
  })
  @Put('realtime')
  async override(@Headers('x-user-id') userId: unknown, @Body() body: unknown) {
    const { status, updateLastActive } = checkOverride(body);
    await this.presence.override(checkId(userId, 'x-user-id'), status, updateLastActive);
    return { success: true };
  }
}
