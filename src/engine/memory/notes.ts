/** In which conversations a user types, so that it can be ended when the user goes. As short-lived as the typing. */
export class Notes {
  private readonly byUser = new Map<string, Map<string, number>>();

  constructor(private readonly ttlMs: number) {}

  add(userId: string, conversationId: string, now: number): void {
    const noted = this.byUser.get(userId) ?? new Map<string, number>();
    this.byUser.set(userId, noted);
    // Deleted first, so that the oldest stays in front.
    noted.delete(conversationId);
    noted.set(conversationId, now + this.ttlMs);
    const [oldest] = noted.keys();
    if (noted.size > NOTED_MAX && oldest !== undefined) noted.delete(oldest);
  }

  /** Takes them out. */
  take(userId: string, now: number): readonly string[] {
    const noted = [...(this.byUser.get(userId) ?? [])];
    this.byUser.delete(userId);
    return noted.filter(([, expiresAt]) => expiresAt > now).map(([conversationId]) => conversationId);
  }

  sweep(now: number): void {
    for (const [userId, noted] of this.byUser) {
      for (const [conversationId, expiresAt] of noted) if (expiresAt <= now) noted.delete(conversationId);
      if (noted.size === 0) this.byUser.delete(userId);
    }
  }
}

/** Beyond it the oldest are left to their own end. */
const NOTED_MAX = 200;
