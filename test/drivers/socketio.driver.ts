import type { Socket as NetSocket } from 'node:net';
import { io, type Socket } from 'socket.io-client';
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

type Data = Readonly<Record<string, unknown>>;
type Event = readonly [name: string, data: Data];

const ANSWER_MS = 5000;
const NO_CODE = 0;

/** Socket.IO with its own client. Its events say who is there and who is not, and no more. */
export const socketio: Driver = {
  name: 'socketio',
  calls: () => partial('Socket.IO without a connection', {}),
  connect: (place, userId, opening) => IoDevice.open(place, userId, opening),
};

class IoDevice {
  static async open(place: Place, userId: string, opening: Opening): Promise<Device> {
    const auth = { token: place.token(userId), ...opening };
    const socket = io(place.url, { auth, forceNew: true, reconnection: false, transports: ['websocket'] });
    const device = new IoDevice(socket, userId);
    await new Promise<void>((resolve, reject) => socket.on('connect', resolve).on('connect_error', reject));
    // An answer tells that the server has done what comes before it.
    await device.ask('authenticate', { token: auth.token });
    const calls = partial('Socket.IO', {
      see: async (id) => {
        const { status, lastSeen } = await device.ask('check_user_online', { userId: id });
        return viewOf(id, statusOf(status), { lastSeen: (lastSeen as string | undefined) ?? null });
      },
      heartbeat: async ({ active } = {}) => {
        await device.ask('user_activity', { active });
        return { success: true, nextHeartbeatInSeconds: 0, presence: viewOf(userId, 'ONLINE') };
      },
      startTyping: (conversationId) => device.type('typing_start', conversationId),
      stopTyping: (conversationId) => device.type('typing_stop', conversationId),
    });
    return {
      ...calls,
      watch: (target) => device.watch(target),
      watchTyping: (conversationId) => device.watchTyping(conversationId),
      leave: async () => {
        socket.disconnect();
        await device.closed;
      },
      vanish: () => device.raw?.destroy(),
      hang: () => {
        device.raw?.pause();
        return () => device.raw?.resume();
      },
      closed: device.closed,
    };
  }

  private readonly closed: Promise<number>;
  private readonly ears = new Ears<Event>();

  private constructor(
    private readonly socket: Socket,
    private readonly userId: string,
  ) {
    socket.onAny((name: string, data: Data) => this.ears.hear([name, data]));
    this.closed = new Promise((resolve) => socket.on('disconnect', () => resolve(NO_CODE)));
  }

  private async ask(event: string, data: object): Promise<Data> {
    const reply = (await this.socket.timeout(ANSWER_MS).emitWithAck(event, data)) as Data;
    if (reply['success'] === true) return reply;
    const { code, message } = reply['error'] as { code: string; message: string };
    throw new Refused(code, message, JSON.stringify(reply));
  }

  private async type(event: string, conversationId: string) {
    await this.ask(event, { conversationId });
    return { success: true, expiresAt: null };
  }

  private watch({ userIds }: Target): Recording<View> {
    const recording = new Recording<View>(`${this.userId}'s user_online and user_offline`);
    const take = ([name, data]: Event) => {
      const id = String(data['userId']);
      if (userIds && !userIds.includes(id)) return;
      if (name === 'user_online') recording.record(viewOf(id, 'ONLINE'));
      if (name !== 'user_offline') return;
      recording.record(viewOf(id, 'OFFLINE', { lastSeen: (data['lastSeen'] as string | undefined) ?? null }));
    };
    for (const event of this.ears.early) take(event);
    return this.ears.listen(recording, take, this.closed);
  }

  private watchTyping(conversationId: string | null): Recording<TypingView> {
    if (conversationId !== null) throw new NotOnThisWire('one conversation over Socket.IO');
    const recording = new Recording<TypingView>(`${this.userId}'s user_typing`);
    const take = ([name, data]: Event) => {
      if (name !== 'user_typing') return;
      const {
        conversationId: room,
        isTyping,
        ...user
      } = data as unknown as TypingView & { username: string; displayName: string };
      const { userId: id, username, displayName } = user;
      recording.record({
        conversationId: room,
        userId: id,
        user: { id, username, displayName, avatarUrl: null },
        isTyping,
        expiresAt: null,
      });
    };
    return this.ears.listen(recording, take, this.closed);
  }

  private get raw(): NetSocket | undefined {
    const { transport } = this.socket.io.engine as unknown as { transport: { ws?: { _socket: NetSocket } } };
    return transport.ws?._socket;
  }
}
