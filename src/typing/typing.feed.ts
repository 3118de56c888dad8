import { Injectable, Logger } from '@nestjs/common';

import { Engine, type TypingEvent } from '../engine/engine.js';
import type { Caller } from '../kernel/caller.js';
import { Changes } from '../kernel/changes/changes.service.js';
import type { Change } from '../kernel/changes/changes.types.js';
import { Directory } from '../kernel/directory/directory.service.js';
import { conversationNotFound, Refusal } from '../kernel/errors.js';
import { checkId } from '../kernel/input.js';
import { measure } from '../kernel/metrics/measure.js';
import { Stream } from '../kernel/stream.js';
import { PrivacyService } from '../privacy/privacy.service.js';
import { sendable, viewOf } from './typing.rules.js';
import type { TypingView } from './typing.types.js';

/** Conversations that a subscription to all of the viewer's follows, by id. */
const FOLLOWED_MAX = 1000;

interface Watch {
  readonly viewerId: string;
  /** Null: every conversation the viewer is in. */
  readonly conversationId: string | null;
  readonly stream: Stream<TypingView>;
  readonly rooms: Map<string, Room>;
  /** By room and typist: the end that the viewer was told last. */
  readonly told: Map<string, number>;
  /** The next look at the rooms waits for the last, and serves all changes until it begins. */
  settling: Promise<void>;
  unsettled: boolean;
}

/** A conversation that is watched on this instance. */
interface Room {
  readonly conversationId: string;
  readonly watches: Set<Watch>;
  /** What each typist did last, while it is typing. */
  readonly typists: Map<string, TypingEvent>;
  /** To be delivered; only the last of each typist. */
  readonly pending: Map<string, TypingEvent>;
  delivering: boolean;
}

/** Live typing, judged for each viewer at every delivery: membership of both, and the verdict. */
@Injectable()
export class TypingFeed {
  private readonly log = new Logger(TypingFeed.name);
  private readonly rooms = new Map<string, Room>();
  private readonly watches = new Set<Watch>();
  private readonly unsettled = new Set<Watch>();

  constructor(
    private readonly engine: Engine,
    private readonly directory: Directory,
    private readonly privacy: PrivacyService,
    changes: Changes,
  ) {
    engine.typing.onTyping((event) => this.onTyping(event));
    changes.on((change) => this.onChange(change));
  }

  /**
   * One conversation's typing, or with null that of all the caller is in. Refuses CONVERSATION_NOT_FOUND, and ends
   * with it when the caller leaves that conversation.
   */
  async watch(caller: Caller, conversationId: string | null): Promise<Stream<TypingView>> {
    if (conversationId !== null) checkId(conversationId, 'conversationId');
    const watch: Watch = {
      viewerId: caller.userId,
      conversationId,
      stream: new Stream<TypingView>({ keyOf, onClose: () => this.close(watch) }),
      rooms: new Map(),
      told: new Map(),
      settling: Promise.resolve(),
      unsettled: false,
    };
    this.watches.add(watch);
    try {
      await this.follow(watch);
    } catch (error) {
      watch.stream.end();
      throw error;
    }
    return watch.stream;
  }

  /** Conversations somebody here follows. */
  get conversations(): number {
    return this.rooms.size;
  }

  /** Looks again at what could not be looked up after a change. Called by the reaper. */
  reconsider(): void {
    for (const watch of this.unsettled) this.settle(watch);
  }

  private onTyping(event: TypingEvent): void {
    const room = this.rooms.get(event.conversationId);
    if (!room) return;
    measure.typed();
    if (event.isTyping) room.typists.set(event.userId, event);
    else room.typists.delete(event.userId);
    this.deliverSoon(room, event);
  }

  private onChange(change: Change): void {
    switch (change.kind) {
      case 'everything':
        for (const watch of this.watches) this.settle(watch);
        for (const room of this.rooms.values()) this.tellAgain(room, null);
        return;
      case 'member': {
        const room = this.rooms.get(change.conversationId);
        for (const watch of this.watches) {
          if (watch.viewerId === change.userId && concerns(watch, change.conversationId)) this.settle(watch);
        }
        if (room) this.tellAgain(room, change.userId);
        return;
      }
      case 'privacy':
      case 'custom':
      case 'contact':
      case 'block':
      case 'userDeleted':
        // Typing is short: judging everybody who types again is cheaper than knowing whom the change is about.
        for (const room of this.rooms.values()) if (room.typists.size > 0) this.tellAgain(room, null);
        return;
      case 'user':
        return;
    }
  }

  /** Delivers the state of one typist, or of all, to those for whom it has changed. */
  private tellAgain(room: Room, userId: string | null): void {
    for (const event of room.typists.values()) {
      if (userId === null || event.userId === userId) this.deliverSoon(room, event);
    }
  }

  private deliverSoon(room: Room, event: TypingEvent): void {
    room.pending.set(event.userId, event);
    if (room.delivering) return;
    room.delivering = true;
    void this.deliverAll(room);
  }

  private async deliverAll(room: Room): Promise<void> {
    try {
      for (;;) {
        const [event] = room.pending.values();
        if (!event) return;
        room.pending.delete(event.userId);
        await this.deliver(room, event);
      }
    } catch (error) {
      // Who cannot be judged is not told; what was told ends at the time that was told with it.
      if (!(error instanceof Refusal)) this.log.error(error);
    } finally {
      room.delivering = false;
    }
  }

  private async deliver(room: Room, event: TypingEvent): Promise<void> {
    const watches = [...room.watches].filter((watch) => watch.viewerId !== event.userId);
    if (watches.length === 0) return;
    const { conversationId, userId } = event;
    const belongs = await this.directory.isMember(conversationId, userId);
    const subjects = [{ userId, away: false }];
    const dossiers = await this.privacy.dossiers(watches.map(({ viewerId }) => ({ viewerId, subjects })));
    const views = new Map<boolean, TypingView>();
    for (const [at, watch] of watches.entries()) {
      const dossier = dossiers[at]?.[0];
      if (!room.watches.has(watch) || !dossier) continue;
      const key = keyOf(event);
      const sent = sendable(event, belongs && dossier.verdict.typing, watch.told.get(key));
      if (sent === 'NOTHING') continue;
      const isTyping = sent === 'START';
      let view = views.get(isTyping);
      if (!view)
        views.set(
          isTyping,
          (view = viewOf({ ...event, isTyping, ...(!isTyping && { expiresAt: null }) }, dossier.user)),
        );
      if (isTyping && event.expiresAt !== null) watch.told.set(key, event.expiresAt);
      else watch.told.delete(key);
      watch.stream.push(view);
    }
  }

  private settle(watch: Watch): void {
    if (watch.unsettled) return;
    watch.unsettled = true;
    watch.settling = watch.settling.then(async () => {
      watch.unsettled = false;
      this.unsettled.delete(watch);
      if (watch.stream.closed) return;
      try {
        await this.follow(watch);
      } catch (error) {
        if (!(error instanceof Refusal)) this.log.error(error);
        if (error instanceof Refusal && error.code !== 'SERVICE_UNAVAILABLE') watch.stream.end(error);
        else if (!watch.stream.closed) this.unsettled.add(watch);
      }
    });
  }

  /** Brings the rooms of a watch to what they are meant to be now. */
  private async follow(watch: Watch): Promise<void> {
    const meant = new Set(await this.meant(watch));
    for (const room of watch.rooms.values()) if (!meant.has(room.conversationId)) this.leave(watch, room);
    const entered = [...meant].filter((conversationId) => !watch.rooms.has(conversationId));
    if (entered.length === 0 || watch.stream.closed) return;
    await this.engine.typing.watch(entered);
    if (watch.stream.closed) return this.engine.typing.unwatch(entered);
    for (const conversationId of entered) this.enter(watch, conversationId);
  }

  private async meant({ conversationId, viewerId }: Watch): Promise<readonly string[]> {
    if (conversationId === null) return this.directory.conversationsOf(viewerId, FOLLOWED_MAX);
    if (!(await this.directory.isMember(conversationId, viewerId))) throw conversationNotFound();
    return [conversationId];
  }

  private enter(watch: Watch, conversationId: string): void {
    let room = this.rooms.get(conversationId);
    if (!room) {
      room = { conversationId, watches: new Set(), typists: new Map(), pending: new Map(), delivering: false };
      this.rooms.set(conversationId, room);
    }
    room.watches.add(watch);
    watch.rooms.set(conversationId, room);
  }

  private leave(watch: Watch, room: Room): void {
    watch.rooms.delete(room.conversationId);
    room.watches.delete(watch);
    if (room.watches.size === 0) this.rooms.delete(room.conversationId);
    this.engine.typing.unwatch([room.conversationId]);
  }

  private close(watch: Watch): void {
    this.watches.delete(watch);
    this.unsettled.delete(watch);
    for (const room of watch.rooms.values()) this.leave(watch, room);
  }
}

function concerns(watch: Watch, conversationId: string): boolean {
  return watch.conversationId === null || watch.conversationId === conversationId;
}

/** Ids never hold a space. */
function keyOf(event: { readonly conversationId: string; readonly userId: string }): string {
  return `${event.conversationId} ${event.userId}`;
}
