import { type Client, createClient, type ExecutionResult } from 'graphql-ws';
import { WebSocket } from 'ws';
import {
  type Beat,
  type Calls,
  type Device,
  type Driver,
  type MeView,
  type OnlineView,
  type Opening,
  type Place,
  type PrivacyView,
  Refused,
  type StatusChoice,
  type Target,
  type TypingView,
  type View,
} from './driver.js';
import { Recording } from './recording.js';

const USER = 'user { id username displayName avatarUrl }';
const PRESENCE = `userId ${USER} status isOnline lastSeen lastSeenBucket message { text emoji expiresAt } platforms since`;
const TYPING = `conversationId userId ${USER} isTyping expiresAt`;
const PRIVACY = 'showLastSeen lastSeen online alwaysUserIds neverUserIds coarseLastSeen typing blockedUserIds';

type Variables = Readonly<Record<string, unknown>>;
type Ask = <T>(query: string, variables?: Variables) => Promise<T>;

/** Everything of the contract, over HTTP with fetch and over graphql-transport-ws with the graphql-ws client. */
export const graphql: Driver = {
  name: 'graphql',
  calls: (place, userId) => callsBy(overHttp(place, userId)),
  connect: (place, userId, opening) => GraphqlDevice.open(place, userId, opening),
};

function callsBy(ask: Ask): Calls {
  const field = async <T>(name: string, query: string, variables: Variables = {}): Promise<T> =>
    (await ask<Record<string, T>>(query, variables))[name] as T;
  return {
    me: () =>
      field<MeView>(
        'me',
        `{ me { presence { ${PRESENCE} } customStatus lastActive privacy { ${PRIVACY} } connections { id platform active connectedAt } } }`,
      ),
    see: (userId) =>
      field<View>('userStatus', `query($userId: ID!) { userStatus(userId: $userId) { ${PRESENCE} } }`, { userId }),
    seeAll: (userIds) =>
      field('userStatuses', `query($userIds: [ID!]!) { userStatuses(userIds: $userIds) { ${PRESENCE} } }`, { userIds }),
    whoIsOnline: (query = {}) =>
      field<OnlineView>(
        'onlineUsers',
        `query($conversationId: ID, $excludeUserId: ID, $first: Int, $after: String) {
          onlineUsers(conversationId: $conversationId, excludeUserId: $excludeUserId, first: $first, after: $after) {
            nodes { ${PRESENCE} } totalCount endCursor } }`,
        query,
      ),
    heartbeat: (beat: Beat = {}) =>
      field(
        'heartbeat',
        `mutation($deviceId: ID, $active: Boolean, $platform: Platform) {
          heartbeat(deviceId: $deviceId, active: $active, platform: $platform) {
            success nextHeartbeatInSeconds presence { ${PRESENCE} } } }`,
        { ...beat },
      ),
    goOffline: (deviceId) =>
      field('goOffline', `mutation($deviceId: ID) { goOffline(deviceId: $deviceId) { ${PRESENCE} } }`, { deviceId }),
    choose: (choice: StatusChoice) =>
      field(
        'setCustomStatus',
        `mutation($status: CustomStatus, $message: StatusMessageInput, $clearMessage: Boolean) {
          setCustomStatus(status: $status, message: $message, clearMessage: $clearMessage) { ${PRESENCE} } }`,
        { ...choice },
      ),
    startTyping: (conversationId) =>
      field('typingStart', 'mutation($c: ID!) { typingStart(conversationId: $c) { success expiresAt } }', {
        c: conversationId,
      }),
    stopTyping: (conversationId) =>
      field('typingStop', 'mutation($c: ID!) { typingStop(conversationId: $c) { success expiresAt } }', {
        c: conversationId,
      }),
    typists: (conversationId) =>
      field('typingUsers', `query($c: ID!) { typingUsers(conversationId: $c) { ${TYPING} } }`, { c: conversationId }),
    setPrivacy: (input) =>
      field<PrivacyView>(
        'updatePrivacy',
        `mutation($input: PrivacyInput!) { updatePrivacy(input: $input) { ${PRIVACY} } }`,
        { input },
      ),
    block: (userId) => field('blockUser', `mutation($u: ID!) { blockUser(userId: $u) { ${PRIVACY} } }`, { u: userId }),
    unblock: (userId) =>
      field('unblockUser', `mutation($u: ID!) { unblockUser(userId: $u) { ${PRIVACY} } }`, { u: userId }),
  };
}

function overHttp(place: Place, userId: string): Ask {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${place.token(userId)}` };
  return async <T>(query: string, variables: Variables = {}) => {
    const body = JSON.stringify({ query, variables });
    const response = await fetch(`${place.url}/graphql`, { method: 'POST', headers, body });
    return dataOf<T>((await response.json()) as ExecutionResult);
  };
}

function dataOf<T>(result: ExecutionResult): T {
  if (result.errors?.[0]) throw refusedBy(result.errors, JSON.stringify(result));
  return result.data as T;
}

function refusedBy(errors: NonNullable<ExecutionResult['errors']>, body: string): Refused {
  const code = errors[0]?.extensions?.['code'];
  return new Refused(typeof code === 'string' ? code : 'NO CODE', errors[0]?.message ?? '', body);
}

class GraphqlDevice {
  /** Opens a connection whose calls go over it, too. */
  static async open(place: Place, userId: string, opening: Opening): Promise<Device> {
    const device = new GraphqlDevice(place, userId, opening);
    await device.opened;
    const calls = callsBy((query, variables) => device.ask(query, variables));
    return {
      ...calls,
      watch: (target) => device.watch(target),
      watchTyping: (conversationId) => device.watchTyping(conversationId),
      leave: (code) => device.leave(code),
      vanish: () => device.socket?.terminate(),
      hang: () => device.hang(),
      closed: device.closed,
    };
  }

  private readonly client: Client;
  private readonly opened: Promise<void>;
  private readonly closed: Promise<number>;
  private socket: WebSocket | null = null;

  private constructor(
    place: Place,
    private readonly userId: string,
    opening: Opening,
  ) {
    let close: (code: number) => void = () => {};
    this.closed = new Promise((resolve) => (close = resolve));
    const keep = (socket: WebSocket) => {
      this.socket = socket;
      socket.on('close', close);
    };
    class KeptSocket extends WebSocket {
      constructor(url: string, protocols: string) {
        super(url, protocols);
        keep(this);
      }
    }
    let fail: (error: Error) => void = () => {};
    const failed = new Promise<never>((_, reject) => (fail = reject));
    failed.catch(() => {});
    this.client = createClient({
      url: `${place.wsUrl}/graphql`,
      webSocketImpl: KeptSocket,
      lazy: false,
      retryAttempts: 0,
      connectionParams: { authorization: `Bearer ${place.token(userId)}`, ...opening },
      onNonLazyError: () => fail(new Error(`The connection of ${userId} was not taken`)),
    });
    const connected = new Promise<void>((resolve) => this.client.on('connected', () => resolve()));
    this.opened = Promise.race([connected, failed]);
  }

  private watch({ userIds, conversationId, snapshot }: Target): Recording<View> {
    const query = `subscription($userIds: [ID!], $conversationId: ID, $snapshot: Boolean) {
      statusChanged(userIds: $userIds, conversationId: $conversationId, snapshot: $snapshot) { ${PRESENCE} } }`;
    const recording = new Recording<View>(`${this.userId}'s statusChanged`);
    return this.follow(recording, 'statusChanged', query, { userIds, conversationId, snapshot });
  }

  private watchTyping(conversationId: string | null): Recording<TypingView> {
    const query = `subscription($c: ID) { userTyping(conversationId: $c) { ${TYPING} } }`;
    return this.follow(new Recording<TypingView>(`${this.userId}'s userTyping`), 'userTyping', query, {
      c: conversationId,
    });
  }

  private follow<V>(recording: Recording<V>, field: string, query: string, variables: Variables): Recording<V> {
    const stop = this.client.subscribe<Record<string, V>>(
      { query, variables },
      {
        next: (result) => {
          const view = dataOf<Record<string, V>>(result as ExecutionResult)[field];
          if (view !== undefined) recording.record(view);
        },
        error: (error) => recording.end(Array.isArray(error) ? refusedBy(error as never, '').code : 'CONNECTION LOST'),
        complete: () => recording.end(null),
      },
    );
    return recording.stopWith(stop);
  }

  private async ask<T>(query: string, variables: Variables = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.client.subscribe(
        { query, variables },
        {
          next: (result) => {
            try {
              resolve(dataOf<T>(result as ExecutionResult));
            } catch (error) {
              reject(error instanceof Error ? error : new Error(String(error)));
            }
          },
          error: (error) =>
            reject(
              Array.isArray(error)
                ? refusedBy(error as never, JSON.stringify(error))
                : new Error('The connection was lost'),
            ),
          complete: () => {},
        },
      );
    });
  }

  private hang(): () => void {
    const { socket } = this;
    socket?.pause();
    return () => socket?.resume();
  }

  private async leave(code = 1000): Promise<void> {
    this.socket?.close(code);
    await this.closed;
    await this.client.dispose();
  }
}
