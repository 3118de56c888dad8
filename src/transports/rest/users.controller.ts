import { Body, Controller, Get, Param, Put, Query } from '@nestjs/common';

import { Me } from '../../kernel/auth/me.decorator.js';
import type { Caller } from '../../kernel/caller.js';
import { PresenceService } from '../../presence/presence.service.js';
import { PrivacyService } from '../../privacy/privacy.service.js';
import { documented, ofCallers } from './rest.docs.js';
import { checkIdList, checkShowLastSeen } from './rest.input.js';
import { PRIVACY_ANSWER, PRIVACY_BODY, STATUS_ANSWER, STATUSES_ANSWER } from './rest.schemas.js';
import { type StatusBody, statusBody } from './rest.views.js';

/** What callers ask about others, and what of their own last seen they let others know. */
@ofCallers()
@Controller('api/v1/users')
export class UsersController {
  constructor(
    private readonly presence: PresenceService,
    private readonly privacy: PrivacyService,
  ) {}

  @documented({
    summary: 'Of many users, in the order asked',
    answer: STATUSES_ANSWER,
    query: { user_ids: 'Up to 500 ids, separated by commas' },
    refuses: [400],
  })
  @Get('status')
  async statuses(@Me() caller: Caller, @Query('user_ids') list: unknown) {
    const userIds = checkIdList(list, 'user_ids');
    const views = await this.presence.userStatuses(caller, userIds);
    const unknown = new Set(userIds.filter((_, i) => !views[i]));
    return { success: true, data: views.flatMap((view) => (view ? statusBody(view) : [])), not_found: [...unknown] };
  }

  @documented({ summary: 'Of one user, as the caller may see it', answer: STATUS_ANSWER, refuses: [400, 404] })
  @Get(':id/status')
  async status(@Me() caller: Caller, @Param('id') id: string): Promise<{ success: true; data: StatusBody }> {
    return { success: true, data: statusBody(await this.presence.userStatus(caller, id)) };
  }

  @documented({
    summary: 'Whether others may see when the caller was last seen',
    body: PRIVACY_BODY,
    answer: PRIVACY_ANSWER,
    refuses: [400],
  })
  @Put('me/privacy')
  async setPrivacy(@Me() caller: Caller, @Body() body: unknown) {
    const { showLastSeen } = await this.privacy.update(caller, { showLastSeen: checkShowLastSeen(body) });
    return { success: true, data: { user_id: caller.userId, show_last_seen: showLastSeen } };
  }
}
