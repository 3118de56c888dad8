import type { EngineSettings } from '../../src/engine/engine.js';
import type { CustomStatus } from '../../src/presence/presence.types.js';
import type { Audience, OnlineAudience } from '../../src/privacy/privacy.types.js';
import { type Due, Model, STORED_WITHIN_MS } from './model.js';

export interface Audiences {
  readonly online: OnlineAudience;
  readonly lastSeen: Audience;
}

/** What one viewer has to be shown. Null: it cannot be said now. */
export interface Expected {
  /** `shown`: anything but OFFLINE. */
  readonly status: 'ONLINE' | 'IDLE' | 'DO_NOT_DISTURB' | 'OFFLINE' | 'shown' | null;
  /** `hidden`: none; a number: that one, give or take; null: any. */
  readonly lastSeen: 'hidden' | number | null;
}

/** What people do and choose, and what others have to see of it; the rules in as few words as it takes. */
export class Life extends Model {
  private readonly chosen = new Map<string, CustomStatus>();
  private readonly frozen = new Map<string, number | null>();
  private readonly hidAt = new Map<string, number>();
  private readonly audiences = new Map<string, Audiences>();
  private readonly contacts = new Set<string>();
  private readonly blocks = new Set<string>();

  constructor(
    settings: EngineSettings,
    slackMs: number,
    /** Nobody sees of another what that other may not see of them. */
    readonly mutual = false,
  ) {
    super(settings, slackMs);
  }

  choose(userId: string, status: CustomStatus, at: number): void {
    const before = this.chosen.get(userId) ?? 'ONLINE';
    if (before === status) return;
    this.chosen.set(userId, status);
    if (before === 'INVISIBLE') this.reappear(userId, this.frozen.get(userId) ?? null, at);
    if (status !== 'INVISIBLE') return;
    this.frozen.set(userId, this.lastSeenWhenHiding(userId, at));
    this.hidAt.set(userId, at);
  }

  override end(at: number, exact: boolean): void {
    super.end(at, exact);
    if (exact) return;
    for (const [userId, hid] of this.hidAt) if (at - hid < STORED_WITHIN_MS) this.frozen.set(userId, null);
  }

  settle(userId: string, audiences: Audiences): void {
    this.audiences.set(userId, audiences);
  }

  acquaint(ownerId: string, otherId: string, known: boolean): void {
    if (known) this.contacts.add(`${ownerId} ${otherId}`);
    else this.contacts.delete(`${ownerId} ${otherId}`);
  }

  block(ownerId: string, otherId: string, blocked: boolean): void {
    if (blocked) this.blocks.add(`${ownerId} ${otherId}`);
    else this.blocks.delete(`${ownerId} ${otherId}`);
  }

  isBlocking(ownerId: string, otherId: string): boolean {
    return this.blocks.has(`${ownerId} ${otherId}`);
  }

  choiceOf(userId: string): CustomStatus {
    return this.chosen.get(userId) ?? 'ONLINE';
  }

  allows(subjectId: string, viewerId: string): { readonly online: boolean; readonly lastSeen: boolean } {
    if (subjectId === viewerId) return { online: true, lastSeen: true };
    if (this.isBlocking(subjectId, viewerId) || this.isBlocking(viewerId, subjectId))
      return { online: false, lastSeen: false };
    const [own, other] = [this.shows(subjectId, viewerId), this.shows(viewerId, subjectId)];
    if (!this.mutual) return own;
    return { online: own.online && other.online, lastSeen: own.lastSeen && other.lastSeen };
  }

  private shows(ownerId: string, otherId: string): { readonly online: boolean; readonly lastSeen: boolean } {
    const { online, lastSeen } = this.audiences.get(ownerId) ?? { online: 'EVERYONE', lastSeen: 'EVERYONE' };
    const admits = (audience: Audience) =>
      audience === 'EVERYONE' || (audience === 'CONTACTS' && this.contacts.has(`${ownerId} ${otherId}`));
    const seesOnline = admits(online === 'SAME_AS_LAST_SEEN' ? lastSeen : online);
    return { online: seesOnline, lastSeen: seesOnline && admits(lastSeen) };
  }

  expected(subjectId: string, viewerId: string, now: number): Expected {
    const may = this.allows(subjectId, viewerId);
    if (!may.online) return { status: 'OFFLINE', lastSeen: 'hidden' };
    const { status, lastSeen } = this.publicly(subjectId, now);
    return { status, lastSeen: may.lastSeen ? lastSeen : 'hidden' };
  }

  private publicly(userId: string, now: number): Expected {
    const chosen = this.choiceOf(userId);
    if (chosen === 'INVISIBLE') return { status: 'OFFLINE', lastSeen: this.frozen.get(userId) ?? null };
    const due = this.due(userId, now);
    if (due.is === 'either') return { status: null, lastSeen: null };
    if (due.is === 'gone') return { status: 'OFFLINE', lastSeen: due.lastSeen };
    if (chosen !== 'ONLINE') return { status: chosen, lastSeen: null };
    return { status: due.status === 'ONLINE' || due.status === 'IDLE' ? due.status : 'shown', lastSeen: null };
  }

  private lastSeenWhenHiding(userId: string, at: number): number | null {
    const due: Due = this.due(userId, at);
    if (due.is === 'gone') return due.lastSeen;
    if (due.is === 'either') return null;
    return this.isHere(userId) ? at : this.leftAt(userId);
  }
}
