import {
  BlockUserDocument,
  GoOfflineDocument,
  MeDocument,
  SetStatusDocument,
  StatusChangedDocument,
  UnblockUserDocument,
  UpdatePrivacyDocument,
  type CustomStatus,
  type MeQuery,
  type PrivacyFragment,
  type PrivacyInput,
  type StatusMessageInput,
} from './documents.js';
import { Store, type Stop } from './store.js';
import type { Wire } from './wire.js';

export type Me = MeQuery['me'];
export type Privacy = PrivacyFragment;

export interface MyState {
  /** Null until it is known. */
  readonly me: Me | null;
  /** Why it could not be looked up, until it could. */
  readonly error: Error | null;
}

export interface StatusChange {
  readonly status?: CustomStatus;
  readonly message?: StatusMessageInput;
  readonly clearMessage?: boolean;
}

const GATHER_MS = 50;
const TRY_AGAIN_MS = 5000;

/** One's own status and settings, kept current across one's devices. */
export class Myself {
  readonly state = new Store<MyState>({ me: null, error: null });
  private readonly stops: Stop[] = [];
  private watched: Stop | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;

  constructor(private readonly wire: Wire) {
    this.stops.push(wire.connection.onReady(() => this.refresh()));
  }

  /** Looks everything up anew, once for several calls at the same time. */
  refresh(afterMs = GATHER_MS): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.lookUp(), afterMs);
  }

  async setStatus({ status, message, clearMessage }: StatusChange): Promise<void> {
    await this.wire.mutate(SetStatusDocument, { status, message, clearMessage });
    await this.lookUp();
  }

  /** Every connection of this person stops counting, at once and for everybody. */
  async goOffline(deviceId?: string): Promise<void> {
    await this.wire.mutate(GoOfflineDocument, { deviceId });
    await this.lookUp();
  }

  async updatePrivacy(input: PrivacyInput): Promise<Privacy> {
    const { updatePrivacy } = await this.wire.mutate(UpdatePrivacyDocument, { input });
    return this.settle(updatePrivacy);
  }

  async block(userId: string): Promise<Privacy> {
    const { blockUser } = await this.wire.mutate(BlockUserDocument, { userId });
    return this.settle(blockUser);
  }

  async unblock(userId: string): Promise<Privacy> {
    const { unblockUser } = await this.wire.mutate(UnblockUserDocument, { userId });
    return this.settle(unblockUser);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.watched?.();
    for (const stop of this.stops) stop();
  }

  private async lookUp(): Promise<void> {
    clearTimeout(this.timer);
    const question = (this.asked += 1);
    try {
      const { me } = await this.wire.query(MeDocument, {});
      // A newer question has been asked meanwhile, and its answer is the newer one.
      if (question !== this.asked) return;
      this.state.set({ me, error: null });
      this.watch(me.user.id);
    } catch (error) {
      this.state.patch({ error: error instanceof Error ? error : new Error(String(error)) });
      if (this.wire.connection.live) this.refresh(TRY_AGAIN_MS * (1 + Math.random()));
    }
  }

  /** What one's other devices change shows in one's own presence. */
  private watch(userId: string): void {
    this.watched ??= this.wire.keep(StatusChangedDocument, { userIds: [userId] }, () => this.refresh());
  }

  private settle(privacy: Privacy): Privacy {
    const { me } = this.state.get();
    if (me) this.state.patch({ me: { ...me, privacy } });
    return privacy;
  }
}
