import type { User } from '../kernel/directory/directory.types.js';

export interface TypingView {
  readonly conversationId: string;
  readonly userId: string;
  readonly user: User;
  readonly isTyping: boolean;
  readonly expiresAt: Date | null;
}

export interface TypingResultView {
  readonly success: boolean;
  readonly expiresAt: Date | null;
}
