import type { handleUnaryCall, Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';

import { AuthService } from '../../kernel/auth/auth.service.js';
import { bearerToken } from '../../kernel/auth/bearer.js';
import type { Caller, Platform } from '../../kernel/caller.js';
import { PLATFORMS } from '../../kernel/caller.js';
import { badInput, Refusal } from '../../kernel/errors.js';
import { checkId } from '../../kernel/input.js';
import { PresenceService } from '../../presence/presence.service.js';
import type { CustomStatus, PresenceView } from '../../presence/presence.types.js';
import { explain } from './grpc.errors.js';
import {
  type SetUserStatusRequest,
  UNREADABLE,
  type Unreadable,
  type UserRequest,
  type UsersRequest,
} from './grpc.messages.js';
import { dataOf } from './grpc.views.js';

/** What one may choose here, in the words of GraphQL; OFFLINE is no choice but a leave-taking. */
const CHOICES: ReadonlyMap<unknown, CustomStatus | 'OFFLINE'> = new Map([
  ['ONLINE', 'ONLINE'],
  ['AWAY', 'IDLE'],
  ['DO_NOT_DISTURB', 'DO_NOT_DISTURB'],
  ['OFFLINE', 'OFFLINE'],
]);

type Work<Q, A> = (caller: Caller, request: Q, metadata: Metadata) => Promise<A>;

/** The methods that answer once. */
@Injectable()
export class GrpcCalls {
  constructor(
    private readonly auth: AuthService,
    private readonly presence: PresenceService,
  ) {}

  /** As the library wants them, by the names of the proto file. */
  get handlers() {
    return {
      GetUserStatus: this.unary((caller, { user_id }: UserRequest) => this.get(caller, user_id)),
      GetMultipleUserStatus: this.unary((caller, { user_ids }: UsersRequest) => this.getMany(caller, user_ids)),
      SetUserStatus: this.unary((caller, request: SetUserStatusRequest) => this.set(caller, request)),
      SendHeartbeat: this.unary((caller, { user_id }: UserRequest, metadata) => this.beat(caller, user_id, metadata)),
    };
  }

  private async get(caller: Caller, userId: string) {
    return { success: true, data: dataOf(await this.presence.userStatus(caller, userId)) };
  }

  /** In the order asked; who does not exist is left out. */
  private async getMany(caller: Caller, userIds: readonly string[]) {
    const views = await this.presence.userStatuses(caller, userIds);
    return { success: true, data: views.flatMap((view) => (view ? dataOf(view) : [])) };
  }

  private async set(caller: Caller, { user_id, status }: SetUserStatusRequest) {
    checkOwn(caller, user_id);
    const choice = CHOICES.get(status);
    if (!choice) throw new Refusal('INVALID_STATUS', 'No such status');
    return { success: true, message: 'Status updated', data: dataOf(await this.choose(caller, choice)) };
  }

  private choose(caller: Caller, choice: CustomStatus | 'OFFLINE'): Promise<PresenceView> {
    if (choice === 'OFFLINE') return this.presence.goOffline(caller, null);
    return this.presence.setCustomStatus(caller, { status: choice });
  }

  private async beat(caller: Caller, userId: string, metadata: Metadata) {
    checkOwn(caller, userId);
    const { deviceId, platform } = deviceOf(metadata);
    const { nextHeartbeatInSeconds } = await this.presence.heartbeat(caller, { deviceId, platform });
    return { success: true, next_heartbeat_in_seconds: nextHeartbeatInSeconds };
  }

  private unary<Q, A>(work: Work<Q, A>): handleUnaryCall<Q | Unreadable, A> {
    return (call, callback) => {
      let caller: Caller | null = null;
      const answer = async (): Promise<A> => {
        caller = await this.auth.verify(tokenOf(call.metadata));
        return work(caller, readable(call), call.metadata);
      };
      answer().then(
        (value) => callback(null, value),
        (error: unknown) => callback(explain(error, call.getPath(), caller)),
      );
    };
  }
}

export function tokenOf(metadata: Metadata): string | null {
  return bearerToken(metadata.get('authorization')[0]);
}

/** What the client says of itself when it calls. */
export function deviceOf(metadata: Metadata): { deviceId: string | null; platform: Platform } {
  const [deviceId] = metadata.get('device-id');
  const [platform] = metadata.get('platform');
  return {
    deviceId: deviceId === undefined ? null : checkId(deviceId, 'device-id'),
    platform: PLATFORMS.find((one) => one === platform) ?? 'UNKNOWN',
  };
}

export function readable<Q>({ request }: Pick<ServerUnaryCall<Q | Unreadable, unknown>, 'request'>): Q {
  if (request === UNREADABLE) throw badInput('The request cannot be read');
  return request;
}

export function checkOwn(caller: Caller, userId: string): void {
  if (checkId(userId, 'user_id') !== caller.userId) throw new Refusal('FORBIDDEN', 'user_id is somebody else');
}
