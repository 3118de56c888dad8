import type { Clock } from '../../kernel/clock.js';
import { tooManyConnections } from '../../kernel/errors.js';
import type { Cause } from '../../kernel/metrics/labels.js';
import { PresenceStore } from '../engine.js';
import type {
  Account,
  Custom,
  EngineSettings,
  HoldRequest,
  HolderState,
  ReleaseRequest,
  Seen,
  Stop,
  Truth,
} from '../engine.js';
import { Agenda } from './agenda.js';
import { Interests } from '../interests.js';
import { Journal } from './journal.js';
import { Notes } from './notes.js';
import {
  accountOf,
  counting,
  dueAt,
  emptyRecord,
  faceOf,
  holderStateOf,
  holdKey,
  isGone,
  sameFace,
  truthOf,
} from './record.js';
import type { Hold, PresenceRecord } from './record.js';
import { Unstored } from './unstored.js';

/** Who is here, in this process alone. */
export class MemoryPresence extends PresenceStore {
  private readonly records = new Map<string, PresenceRecord>();
  private readonly agenda = new Agenda();
  private readonly queue = new Unstored();
  private readonly notes: Notes;
  private readonly interests = new Interests<(userId: string, truth: Truth | null) => void>();
  private readonly journal = new Journal();
  private shown = 0;
  private lastVersion = 0;
  private draining = false;

  constructor(
    private readonly clock: Clock,
    private readonly settings: EngineSettings,
  ) {
    super();
    this.notes = new Notes(settings.typingTtlMs);
  }

  async hold(request: HoldRequest): Promise<Truth | null> {
    const now = this.clock.now();
    const record = this.records.get(request.userId) ?? this.create(request);
    if (record === null) return null;
    const key = holdKey(request.holder.kind, request.holder.id);
    const before = record.holds.get(key);
    if (before === undefined && socketsOf(record) >= (request.socketsMax ?? Infinity)) throw tooManyConnections();
    this.endLeases(record, now);
    this.adopt(record, request.custom);
    record.holds.set(key, this.renewed(request, before, now));
    if (request.activity === 'active' || (request.activity === 'keep' && before === undefined)) record.lastActive = now;
    return this.settle(record, now, request.holder.kind === 'lease' ? 'heartbeat' : 'connection');
  }

  release(request: ReleaseRequest): Promise<readonly string[]> {
    const now = this.clock.now();
    const record = this.records.get(request.userId);
    if (record === undefined) return Promise.resolve(this.notes.take(request.userId, now));
    const key = holdKey(request.kind, request.id);
    const hold = record.holds.get(key);
    if (hold !== undefined) {
      const leftAt = Math.max(now - request.silentMs, hold.connectedAt);
      record.holds.delete(key);
      // A detached socket went when it was detached.
      if (hold.counts) this.depart(record, leftAt, leftAt + this.graceMs(request.departure));
    }
    this.settle(record, now, 'closing');
    return Promise.resolve(this.typingEnded(record, now));
  }

  leave(userId: string, deviceId: string | null): Promise<{ truth: Truth | null; typing: readonly string[] }> {
    const now = this.clock.now();
    const record = this.records.get(userId);
    if (record === undefined) return Promise.resolve({ truth: null, typing: this.notes.take(userId, now) });
    this.endLeases(record, now);
    for (const [key, hold] of record.holds) {
      if (deviceId !== null && hold.deviceId !== deviceId) continue;
      if (hold.kind === 'lease') record.holds.delete(key);
      else record.holds.set(key, { ...hold, counts: false });
      if (hold.counts) this.depart(record, now, now);
    }
    if (counting(record).length === 0) record.graceEndsAt = now;
    const truth = this.settle(record, now, 'leaving');
    return Promise.resolve({ truth, typing: this.typingEnded(record, now) });
  }

  /** Nothing here is lost but with the sockets themselves. */
  loadCustomsWith(): Stop {
    return () => undefined;
  }

  setCustom(userId: string, custom: Custom, touch: boolean): Promise<Truth | null> {
    const now = this.clock.now();
    if (touch) this.mark(userId, now);
    const record = this.records.get(userId);
    if (record === undefined) return Promise.resolve(null);
    this.adopt(record, custom);
    return Promise.resolve(this.settle(record, now, 'choice'));
  }

  touch(userId: string): Promise<void> {
    this.mark(userId, this.clock.now());
    return Promise.resolve();
  }

  read(userIds: readonly string[]): Promise<readonly (Truth | null)[]> {
    return Promise.resolve(userIds.map((userId) => this.present(userId)));
  }

  holders(userId: string): Promise<readonly HolderState[]> {
    const now = this.clock.now();
    const holds = [...(this.records.get(userId)?.holds.values() ?? [])];
    return Promise.resolve(
      holds
        .filter((hold) => hold.endsAt === null || hold.endsAt > now)
        .sort((left, right) => left.connectedAt - right.connectedAt)
        .map((hold) => holderStateOf(hold, now, this.settings.idleAfterMs)),
    );
  }

  account(userId: string, transitions: number): Promise<Account> {
    const now = this.clock.now();
    const record = this.records.get(userId);
    return Promise.resolve({
      ...accountOf(record, now, this.settings.idleAfterMs),
      unstored: this.queue.get(userId),
      transitions: this.journal.of(userId, transitions),
    });
  }

  online(): number {
    return this.shown;
  }

  forget(userId: string, bornMs?: number): Promise<void> {
    if (bornMs !== undefined && this.beganSince(userId, this.clock.now() - bornMs)) return Promise.resolve();
    if ((this.records.get(userId)?.face.status ?? 'OFFLINE') !== 'OFFLINE') this.shown -= 1;
    this.records.delete(userId);
    this.journal.forget(userId);
    this.agenda.drop(userId);
    this.queue.drop(userId);
    this.notes.take(userId, this.clock.now());
    this.announce(userId, null);
    return Promise.resolve();
  }

  watch(userIds: readonly string[]): Promise<readonly (Truth | null)[]> {
    this.interests.add(userIds);
    return this.read(userIds);
  }

  unwatch(userIds: readonly string[]): void {
    this.interests.remove(userIds);
  }

  onTruth(listener: (userId: string, truth: Truth | null) => void): Stop {
    return this.interests.listen(listener);
  }

  noteTyping(userId: string, conversationId: string): Promise<void> {
    this.notes.add(userId, conversationId, this.clock.now());
    return Promise.resolve();
  }

  unstored(limit: number): Promise<readonly Seen[]> {
    return Promise.resolve(this.queue.first(limit));
  }

  stored(seen: readonly Seen[]): Promise<void> {
    for (const one of seen) {
      if (!this.queue.remove(one)) continue;
      // Not merely gone by now: whose grace has just run out is still to be shown OFFLINE.
      if (this.records.get(one.userId)?.retired) this.discard(one.userId);
    }
    return Promise.resolve();
  }

  /** Ends what has ended by now. */
  sweep(): void {
    const now = this.clock.now();
    for (let userId = this.agenda.take(now); userId !== null; userId = this.agenda.take(now)) {
      const record = this.records.get(userId);
      if (record !== undefined) this.settle(record, now, 'time');
    }
    this.notes.sweep(now);
  }

  /** Queues everybody who is shown, so that a process that is killed leaves a recent last seen behind. */
  checkpoint(): void {
    const now = this.clock.now();
    for (const record of this.records.values()) {
      if (record.face.status === 'OFFLINE') continue;
      const shownAt = counting(record).length > 0 ? now : record.leftAt;
      this.queue.put({ userId: record.userId, lastSeen: null, lastActive: record.lastActive, shownAt });
    }
  }

  /** Shows everybody OFFLINE from now on, and tells nobody. */
  drain(): void {
    this.draining = true;
    const now = this.clock.now();
    for (const record of this.records.values()) {
      if (counting(record).length > 0) record.leftAt = now;
      record.holds.clear();
      record.graceEndsAt = now;
      this.settle(record, now, 'closing');
    }
  }

  /** Whether there is something of this user, and nothing from before. */
  private beganSince(userId: string, at: number): boolean {
    const record = this.records.get(userId);
    const waiting = this.queue.get(userId);
    const times = record
      ? [record.since, record.lastSeen, record.lastActive, ...[...record.holds.values()].map((one) => one.connectedAt)]
      : [waiting?.lastSeen, waiting?.lastActive];
    const known = times.filter((time) => time != null);
    return known.length > 0 && known.every((time) => time >= at);
  }

  private create(request: HoldRequest): PresenceRecord | null {
    if (request.custom === undefined) return null;
    const record = emptyRecord(request.userId, request.custom);
    this.records.set(request.userId, record);
    return record;
  }

  private renewed(request: HoldRequest, before: Hold | undefined, now: number): Hold {
    const { holder, activity } = request;
    const active = activity === 'active' || (activity === 'keep' && before === undefined);
    return {
      ...holder,
      connectedAt: before?.connectedAt ?? now,
      activeAt: active ? now : (before?.activeAt ?? 0),
      idle: activity === 'keep' ? (before?.idle ?? false) : activity === 'idle',
      counts: before === undefined || before.counts || request.attach,
      renewedAt: now,
      endsAt: holder.kind === 'lease' ? now + this.settings.leaseMs : null,
    };
  }

  private adopt(record: PresenceRecord, custom: Custom | undefined): void {
    if (custom !== undefined && custom.version > record.custom.version) record.custom = custom;
  }

  /** The last to go decides about grace; a lease that ends by itself brings none and shortens none. */
  private depart(record: PresenceRecord, leftAt: number, graceEndsAt: number): void {
    record.leftAt = Math.max(record.leftAt, leftAt);
    record.graceEndsAt = graceEndsAt;
  }

  private endLeases(record: PresenceRecord, now: number): void {
    for (const [key, hold] of record.holds) {
      if (hold.endsAt === null || hold.endsAt > now) continue;
      record.holds.delete(key);
      record.leftAt = Math.max(record.leftAt, hold.renewedAt);
    }
  }

  private graceMs(departure: ReleaseRequest['departure']): number {
    if (departure === 'now') return 0;
    return departure === 'clean' ? this.settings.leaveGraceMs : this.settings.offlineGraceMs;
  }

  /** Brings the record to what is true now, and tells whoever watches when others are shown something else. */
  private settle(record: PresenceRecord, now: number, cause: Cause): Truth {
    const { idleAfterMs } = this.settings;
    this.endLeases(record, now);
    const before = record.face;
    const face = faceOf(record, now, idleAfterMs);
    const present = counting(record).length > 0;
    if (present) record.active = counting(record).some((hold) => holderStateOf(hold, now, idleAfterMs).active);
    if (face.status !== before.status) {
      this.journal.add(record.userId, { at: now, from: before.status, to: face.status, cause });
      this.shown += Number(face.status !== 'OFFLINE') - Number(before.status !== 'OFFLINE');
      this.turn(record, face.status === 'OFFLINE', present, now);
    }
    this.agenda.put(record.userId, dueAt(record, now, idleAfterMs), now);
    record.retired = record.holds.size === 0 && isGone(record, now);
    if (record.retired) this.retire(record);
    if (record.version > 0 && sameFace(before, face)) return truthOf(record);
    record.face = face;
    record.version = this.nextVersion(now);
    const truth = truthOf(record);
    this.announce(record.userId, truth);
    return truth;
  }

  /** The shown status changes. Who is here and turns OFFLINE has become invisible at this moment. */
  private turn(record: PresenceRecord, offline: boolean, present: boolean, now: number): void {
    if (!offline) {
      record.since = now;
      return;
    }
    record.lastSeen = Math.max(record.lastSeen ?? 0, present ? now : record.leftAt);
    record.since = record.lastSeen;
    this.queue.put({ userId: record.userId, lastSeen: record.lastSeen, lastActive: record.lastActive });
  }

  /** Nothing is left to wait for: the record goes once it is stored, at once when there is nothing to store. */
  private retire(record: PresenceRecord): void {
    const { userId, lastActive } = record;
    if (lastActive !== null) this.queue.put({ userId, lastSeen: null, lastActive });
    if (!this.queue.has(userId)) this.discard(userId);
  }

  private discard(userId: string): void {
    this.records.delete(userId);
    this.agenda.drop(userId);
  }

  private mark(userId: string, now: number): void {
    const record = this.records.get(userId);
    if (record !== undefined) record.lastActive = now;
    // While the user is shown, the last seen to come carries it.
    if (record === undefined || record.face.status === 'OFFLINE')
      this.queue.put({ userId, lastSeen: null, lastActive: now });
  }

  private present(userId: string): Truth | null {
    const record = this.records.get(userId);
    return record === undefined ? null : truthOf(record);
  }

  private typingEnded(record: PresenceRecord, now: number): readonly string[] {
    return counting(record).length === 0 ? this.notes.take(record.userId, now) : [];
  }

  private announce(userId: string, truth: Truth | null): void {
    if (this.draining) return;
    this.interests.tell(userId, (listener) => listener(userId, truth));
  }

  /** Grows over everything that happens, also over a record that is dropped and made again. */
  private nextVersion(now: number): number {
    this.lastVersion = Math.max(this.lastVersion + 1, now * 1000);
    return this.lastVersion;
  }
}

const socketsOf = ({ holds }: PresenceRecord) => [...holds.values()].filter(({ kind }) => kind === 'socket').length;
