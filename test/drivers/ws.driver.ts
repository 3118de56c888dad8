import { WebSocket } from 'ws';
import {
  type Device,
  type Driver,
  NotOnThisWire,
  type Opening,
  type Place,
  Refused,
  type Target,
  type TypingView,
  type View,
} from './driver.js';
import { Ears } from './ears.js';
import { partial, statusOf, viewOf } from './partial.js';
import { Recording } from './recording.js';

interface Frame {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Asked {
  refusal: Refused | null;
  readonly done: (refusal: Refused | null) => void;
}

const SENT = { success: true, expiresAt: null };

/**
 * The plain WebSocket protocol with the ws client. What is sent is answered only where it is refused; messages are
 * taken in turn, so that the answer to the same token once more tells that what came before is done.
 */
export const plain: Driver = {
  name: 'ws',
  calls: () => partial('/ws without a connection', {}),
  connect: (place, userId, opening) => PlainDevice.open(place, userId, opening),
};

class PlainDevice {
  static async open(place: Place, userId: string, opening: Opening): Promise<Device> {
    const token = place.token(userId);
    const query = new URLSearchParams({ token });
    for (const [name, value] of Object.entries(opening)) query.set(name, String(value));
    const device = new PlainDevice(new WebSocket(`${place.wsUrl}/ws?${query.toString()}`), userId, token);
    await device.ready;
    const calls = partial('/ws', {
      heartbeat: async ({ active } = {}) => {
        await device.ask('heartbeat', { active });
        return { success: true, nextHeartbeatInSeconds: 0, presence: viewOf(userId, 'ONLINE') };
      },
      startTyping: (conversation_id) => device.type('typing_start', conversation_id),
      stopTyping: (conversation_id) => device.type('typing_stop', conversation_id),
    });
    return {
      ...calls,
      watch: (target) => device.watch(target),
      watchTyping: (conversationId) => device.watchTyping(conversationId),
      leave: async (code) => {
        device.ws.close(code);
        await device.closed;
      },
      vanish: () => device.ws.terminate(),
      hang: () => {
        device.ws.pause();
        return () => device.ws.resume();
      },
      closed: device.closed,
    };
  }

  private readonly ready: Promise<void>;
  private readonly closed: Promise<number>;
  private readonly ears = new Ears<Frame>();
  /** In the order in which they were sent. */
  private readonly asked: Asked[] = [];

  private constructor(
    private readonly ws: WebSocket,
    private readonly userId: string,
    private readonly token: string,
  ) {
    let welcome: () => void = () => {};
    this.ready = new Promise((resolve) => (welcome = resolve));
    ws.on('error', () => {});
    ws.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      if (frame.type === 'ready') return this.answer() || welcome();
      if (frame.type === 'error') this.refuse(frame);
      this.ears.hear(frame);
    });
    this.closed = new Promise((resolve) => ws.on('close', resolve));
  }

  private say(type: string, data: object): void {
    this.ws.send(JSON.stringify({ type, data }));
  }

  /** Resolves when it is done. */
  private async ask(type: string, data: object): Promise<void> {
    const answer = new Promise<Refused | null>((done) => this.asked.push({ refusal: null, done }));
    this.say(type, data);
    this.say('auth', { token: this.token });
    const refusal = await answer;
    if (refusal) throw refusal;
  }

  /** False: nobody waits for it. */
  private answer(): boolean {
    const asked = this.asked.shift();
    asked?.done(asked.refusal);
    return asked !== undefined;
  }

  private refuse({ data }: Frame): void {
    const [asked] = this.asked;
    if (asked) asked.refusal = new Refused(String(data['code']), String(data['message']), JSON.stringify(data));
  }

  private async type(type: string, conversation_id: string): Promise<typeof SENT> {
    await this.ask(type, { conversation_id });
    return SENT;
  }

  private watch({ userIds }: Target): Recording<View> {
    const recording = new Recording<View>(`${this.userId}'s user_status`);
    const take = ({ type, data }: Frame) => {
      if (type !== 'user_status' || (userIds && !userIds.includes(String(data['user_id'])))) return;
      recording.record(
        viewOf(String(data['user_id']), statusOf(data['status']), {
          since: (data['timestamp'] as string | undefined) ?? null,
          lastSeen: (data['last_seen'] as string | undefined) ?? null,
        }),
      );
    };
    if (userIds) this.say('watch', { user_ids: userIds });
    else for (const frame of this.ears.early) take(frame);
    return this.ears.listen(recording, take, this.closed);
  }

  private watchTyping(conversationId: string | null): Recording<TypingView> {
    if (conversationId !== null) throw new NotOnThisWire('one conversation over /ws');
    const recording = new Recording<TypingView>(`${this.userId}'s user_typing`);
    const take = ({ type, data }: Frame) => {
      if (type !== 'user_typing') return;
      const [id, username, displayName] = [data['user_id'], data['username'], data['display_name']].map(String) as [
        string,
        string,
        string,
      ];
      recording.record({
        conversationId: String(data['conversation_id']),
        userId: id,
        user: { id, username, displayName, avatarUrl: null },
        isTyping: data['is_typing'] === true,
        expiresAt: null,
      });
    };
    return this.ears.listen(recording, take, this.closed);
  }
}
