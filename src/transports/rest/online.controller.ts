import { Body, Controller, Get, Put, Query } from '@nestjs/common';

import { Me } from '../../kernel/auth/me.decorator.js';
import type { Caller } from '../../kernel/caller.js';
import { Clock } from '../../kernel/clock.js';
import { OnlineLists } from '../../presence/online.service.js';
import { PresenceService } from '../../presence/presence.service.js';
import { listed } from '../words.js';
import { documented, ofCallers } from './rest.docs.js';
import { checkCustomStatusBody, checkFlag, checkOptional } from './rest.input.js';
import { CUSTOM_STATUS_ANSWER, CUSTOM_STATUS_BODY, ONLINE_NAMES_ANSWER, ONLINE_USERS_ANSWER } from './rest.schemas.js';

/** Who is around, and as what the caller wants to be shown: the paths of the oldest clients. */
@ofCallers()
@Controller()
export class OnlineController {
  constructor(
    private readonly presence: PresenceService,
    private readonly lists: OnlineLists,
    private readonly clock: Clock,
  ) {}

  @documented({
    summary: 'Contacts and fellow members of conversations who are online, by id',
    answer: ONLINE_USERS_ANSWER,
    query: { excludeUserId: 'Somebody to leave out', countOnly: '`true`: only how many they are' },
    refuses: [400],
  })
  @Get('api/online-users')
  async onlineUsers(
    @Me() caller: Caller,
    @Query('excludeUserId') excludeUserId: unknown,
    @Query('countOnly') countOnly: unknown,
  ) {
    const onlyCount = checkFlag(countOnly, 'countOnly');
    const online = await this.lists.around(caller, checkOptional(excludeUserId, 'excludeUserId'));
    return {
      success: true,
      ...(!onlyCount && { data: online.map(listed) }),
      count: online.length,
      timestamp: new Date(this.clock.now()).toISOString(),
    };
  }

  @documented({ summary: 'The same people, in the shortest form', answer: ONLINE_NAMES_ANSWER, refuses: [] })
  @Get('users/online')
  async onlineNames(@Me() caller: Caller) {
    const online = await this.lists.around(caller, null);
    return { online_users: online.map(({ user: { id, username } }) => ({ id, username })) };
  }

  @documented({
    summary: 'As what the caller wants to be shown while connected',
    body: CUSTOM_STATUS_BODY,
    answer: CUSTOM_STATUS_ANSWER,
    refuses: [400],
  })
  @Put('api/user/custom-status')
  async setCustomStatus(@Me() caller: Caller, @Body() body: unknown) {
    const customStatus = checkCustomStatusBody(body);
    const { status } = await this.presence.setCustomStatus(caller, { status: customStatus });
    return { success: true, customStatus, status };
  }
}
