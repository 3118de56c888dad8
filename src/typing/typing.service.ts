import { Injectable, Logger } from '@nestjs/common';

import { Engine } from '../engine/engine.js';
import type { Caller } from '../kernel/caller.js';
import { Clock } from '../kernel/clock.js';
import { Connections } from '../kernel/connections.js';
import { Directory } from '../kernel/directory/directory.service.js';
import { conversationNotFound, Refusal } from '../kernel/errors.js';
import { checkId } from '../kernel/input.js';
import { Limits } from '../kernel/limits/limits.service.js';
import { PrivacyService } from '../privacy/privacy.service.js';
import { viewOf } from './typing.rules.js';
import type { TypingResultView, TypingView } from './typing.types.js';

/** Conversations remembered a connection; what is beyond ends at its time instead of with the connection. */
const REMEMBERED_MAX = 256;

/** What people type, and who is typing. Members only. */
@Injectable()
export class TypingService {
  private readonly log = new Logger(TypingService.name);
  /** By connection: where it started typing, and until when that holds. */
  private readonly started = new Map<string, Map<string, number>>();

  constructor(
    private readonly engine: Engine,
    private readonly directory: Directory,
    private readonly privacy: PrivacyService,
    private readonly connections: Connections,
    private readonly limits: Limits,
    private readonly clock: Clock,
  ) {
    connections.onClosed((connectionId, userId) => void this.end(connectionId, userId));
  }

  /** Refuses CONVERSATION_NOT_FOUND to those who are not in it. Accepted as often as wanted, sent on once a second. */
  async start(caller: Caller, conversationId: string): Promise<TypingResultView> {
    await this.checkMember(caller, conversationId);
    this.connections.acted(caller);
    const { userId, connectionId } = caller;
    const { expiresAt, published } = await this.engine.typing.start(conversationId, userId, connectionId ?? '');
    if (connectionId !== undefined) this.remember(connectionId, conversationId, expiresAt);
    // Leaving ends typing, also what another connection or a call over HTTP had started.
    if (published) await this.engine.presence.noteTyping(userId, conversationId);
    return { success: true, expiresAt: new Date(expiresAt) };
  }

  /** Not typing is no error. */
  async stop(caller: Caller, conversationId: string): Promise<TypingResultView> {
    await this.checkMember(caller, conversationId);
    await this.engine.typing.stop(conversationId, caller.userId, null);
    return { success: true, expiresAt: null };
  }

  /** The members whom the caller may know to be typing now, never the caller. */
  async typists(caller: Caller, conversationId: string): Promise<TypingView[]> {
    await this.limits.read(caller);
    await this.checkMember(caller, conversationId);
    const typists = await this.engine.typing.typists(conversationId);
    const others = typists.filter((typist) => typist.userId !== caller.userId);
    const dossiers = await this.privacy.dossiersFor(
      caller.userId,
      others.map((typist) => typist.userId),
    );
    const views: TypingView[] = [];
    for (const { userId, expiresAt } of others) {
      const dossier = dossiers.get(userId);
      if (!dossier?.verdict.typing || !(await this.directory.isMember(conversationId, userId))) continue;
      views.push(viewOf({ conversationId, userId, isTyping: true, expiresAt }, dossier.user));
    }
    return views;
  }

  private async checkMember(caller: Caller, conversationId: string): Promise<void> {
    checkId(conversationId, 'conversationId');
    if (!(await this.directory.isMember(conversationId, caller.userId))) throw conversationNotFound();
  }

  private remember(connectionId: string, conversationId: string, expiresAt: number): void {
    let started = this.started.get(connectionId);
    if (!started) this.started.set(connectionId, (started = new Map<string, number>()));
    started.delete(conversationId);
    started.set(conversationId, expiresAt);
    const [oldest] = started.keys();
    if (started.size > REMEMBERED_MAX && oldest !== undefined) started.delete(oldest);
  }

  private async end(connectionId: string, userId: string): Promise<void> {
    const started = this.started.get(connectionId);
    this.started.delete(connectionId);
    const now = this.clock.now();
    for (const [conversationId, expiresAt] of started ?? []) {
      if (expiresAt < now) continue;
      try {
        await this.engine.typing.stop(conversationId, userId, connectionId);
      } catch (error) {
        // It ends at its time instead.
        if (!(error instanceof Refusal)) this.log.error(error);
      }
    }
  }
}
