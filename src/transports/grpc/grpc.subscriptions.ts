import { Injectable } from '@nestjs/common';

import { Clock } from '../../kernel/clock.js';
import { Drains } from '../../kernel/drains.js';
import { Refusal } from '../../kernel/errors.js';
import type { Stream } from '../../kernel/stream.js';
import { PresenceFeed } from '../../presence/presence.feed.js';
import type { PresenceView, WatchTarget } from '../../presence/presence.types.js';
import { Addresses } from '../addresses.js';
import { Sessions } from '../sessions.js';
import { checkOwn, deviceOf, readable, tokenOf } from './grpc.calls.js';
import { explain } from './grpc.errors.js';
import type { SubscribeRequest } from './grpc.messages.js';
import type { Peer } from './grpc.peers.js';
import { StatusStream, type SubscribeCall } from './grpc.stream.js';

/** The method that goes on answering. */
@Injectable()
export class GrpcSubscriptions {
  private readonly open = new Set<StatusStream>();

  constructor(
    private readonly feed: PresenceFeed,
    private readonly sessions: Sessions,
    private readonly addresses: Addresses,
    private readonly drains: Drains,
    private readonly clock: Clock,
  ) {}

  get size(): number {
    return this.open.size;
  }

  /** Takes the call; the views come until the client, its token, or this instance ends it. */
  take(call: SubscribeCall, peer: Peer | null): void {
    // Cut off before its first call came to be handled.
    if (!peer || call.cancelled) return void call.destroy();
    const full = this.addresses.full(peer.address);
    const forget = this.addresses.enter(peer.address);
    const stream = new StatusStream(call, peer, this.sessions, this.clock, () => {
      forget();
      this.open.delete(stream);
    });
    this.open.add(stream);
    if (this.drains.draining) return stream.end('draining');
    if (full) return stream.end('crowded');
    this.begin(stream, call).then(
      (views) => stream.send(views),
      (error: unknown) => stream.fail(explain(error, call.getPath(), stream.caller)),
    );
  }

  private async begin({ session }: StatusStream, call: SubscribeCall): Promise<Stream<PresenceView>> {
    await session.identify(tokenOf(call.metadata));
    const { caller } = session;
    if (!caller) throw new Refusal('UNAUTHENTICATED', 'A valid token is required');
    const request = readable<SubscribeRequest>(call);
    if (request.user_id !== '') checkOwn(caller, request.user_id);
    const { deviceId, platform } = deviceOf(call.metadata);
    const views = await this.feed.watch(caller, targetOf(request), true);
    try {
      await session.open({ presence: call.metadata.get('presence')[0] !== 'false', deviceId, platform });
    } catch (error) {
      views.end();
      throw error;
    }
    return views;
  }
}

function targetOf({ watch_user_ids: userIds }: SubscribeRequest): WatchTarget {
  return userIds.length > 0 ? { userIds } : { contacts: true };
}
