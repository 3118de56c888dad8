import { Args, ID, Mutation, Resolver } from '@nestjs/graphql';
import { Me } from '../kernel/auth/me.decorator.js';
import type { Caller } from '../kernel/caller.js';
import { PrivacyInputType, PrivacySettingsType } from './privacy.graphql.js';
import { PrivacyService } from './privacy.service.js';
import type { PrivacySettings } from './privacy.types.js';

@Resolver(() => PrivacySettingsType)
export class PrivacyResolver {
  constructor(private readonly privacy: PrivacyService) {}

  @Mutation(() => PrivacySettingsType)
  updatePrivacy(
    @Me() caller: Caller,
    @Args('input', { type: () => PrivacyInputType }) input: PrivacyInputType,
  ): Promise<PrivacySettings> {
    return this.privacy.update(caller, input);
  }

  @Mutation(() => PrivacySettingsType)
  blockUser(@Me() caller: Caller, @Args('userId', { type: () => ID }) userId: string): Promise<PrivacySettings> {
    return this.privacy.block(caller, userId);
  }

  @Mutation(() => PrivacySettingsType)
  unblockUser(@Me() caller: Caller, @Args('userId', { type: () => ID }) userId: string): Promise<PrivacySettings> {
    return this.privacy.unblock(caller, userId);
  }
}
