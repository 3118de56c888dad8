import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Event, GrpcClient, type Subscription } from '../support/grpc.js';
import {
  type Calls,
  type Device,
  type Driver,
  NotOnThisWire,
  type Opening,
  type Place,
  Refused,
  type Target,
  type View,
} from './driver.js';
import { partial, viewOf } from './partial.js';
import { Recording } from './recording.js';

const WORDS: Readonly<Record<string, string>> = { AWAY: 'IDLE' };
/** Codes of GraphQL for those of the trailer, which is coarser. */
const CODES: Readonly<Record<string, string>> = {
  UNAUTHORIZED: 'UNAUTHENTICATED',
  REDIS_ERROR: 'SERVICE_UNAVAILABLE',
  UNKNOWN_ERROR: 'BAD_USER_INPUT',
};

interface StatusData extends Event {
  readonly last_seen: number;
}

/** An instance that has a gRPC port. */
interface GrpcPlace extends Place {
  readonly config: { readonly grpcPort: number };
}

/** The gRPC service with the grpc-js client. A device is one stream, which is opened with whom it watches. */
export const grpc: Driver = {
  name: 'grpc',
  calls: (place, userId) => callsOf(new GrpcClient(portOf(place), place.token(userId)), userId),
  connect: (place, userId, opening) => GrpcDevice.open(place, userId, opening),
};

function callsOf(client: GrpcClient, userId: string): Calls {
  const ask = async <T>(method: string, request: object, headers: Record<string, string> = {}): Promise<T> => {
    const answer = await client.call(method, request, headers);
    if (!('code' in answer)) return answer as T;
    const { error, details } = answer;
    throw new Refused(CODES[error?.code ?? ''] ?? error?.code ?? 'NO CODE', details, JSON.stringify(answer));
  };
  return partial('gRPC', {
    see: async (id) => ofData((await ask<{ data: StatusData }>('GetUserStatus', { user_id: id })).data),
    seeAll: async (ids) => {
      const { data } = await ask<{ data: StatusData[] }>('GetMultipleUserStatus', { user_ids: ids });
      const views = new Map(data.map((one) => [one.user_id, ofData(one)]));
      return ids.map((id) => views.get(id) ?? null);
    },
    heartbeat: async ({ deviceId, platform } = {}) => {
      const headers = { ...(deviceId && { 'device-id': deviceId }), ...(platform && { platform }) };
      const answer = await ask<{ next_heartbeat_in_seconds: number }>('SendHeartbeat', { user_id: userId }, headers);
      return {
        success: true,
        nextHeartbeatInSeconds: answer.next_heartbeat_in_seconds,
        presence: viewOf(userId, 'ONLINE'),
      };
    },
    goOffline: async (deviceId) => {
      if (deviceId !== undefined) throw new NotOnThisWire('goOffline of one device over gRPC');
      return ofData((await ask<{ data: StatusData }>('SetUserStatus', { user_id: userId, status: 'OFFLINE' })).data);
    },
    choose: async ({ status = 'UNKNOWN', message, clearMessage }) => {
      if (message !== undefined || clearMessage !== undefined) throw new NotOnThisWire('a message over gRPC');
      const word = status === 'IDLE' ? 'AWAY' : status;
      return ofData((await ask<{ data: StatusData }>('SetUserStatus', { user_id: userId, status: word })).data);
    },
  });
}

class GrpcDevice {
  static async open(place: Place, userId: string, opening: Opening): Promise<Device> {
    const wire = await Wire.to(portOf(place));
    const client = new GrpcClient(wire.port, place.token(userId));
    const headers: Record<string, string> = {};
    if (opening.presence === false) headers['presence'] = 'false';
    if (opening.platform) headers['platform'] = opening.platform;
    if (opening.deviceId) headers['device-id'] = opening.deviceId;
    // It watches the user alone until it is told whom: one answer proves that it is open.
    const own = client.subscribe({ watch_user_ids: [userId] }, headers);
    await own.next(10_000);
    const closed = own.failure.then(({ code }) => code);
    return {
      ...callsOf(client, userId),
      watch: (target) => watch(client, userId, target),
      watchTyping: () => {
        throw new NotOnThisWire('typing over gRPC');
      },
      leave: async () => {
        own.close();
        await closed;
        client.close();
        wire.close();
      },
      vanish: () => wire.break(),
      hang: () => wire.hang(),
      closed,
    };
  }
}

function watch(client: GrpcClient, userId: string, { userIds, conversationId }: Target): Recording<View> {
  if (conversationId !== undefined) throw new NotOnThisWire('a conversation over gRPC');
  const recording = new Recording<View>(`${userId}'s SubscribeStatusUpdates`);
  const stream: Subscription = client.subscribe({ watch_user_ids: userIds ?? [] }, { presence: 'false' });
  stream.stream.on('data', (event: Event) => recording.record(ofEvent(event)));
  void stream.failure.then(({ code }) => recording.end(String(code)));
  return recording.stopWith(() => stream.close());
}

/** A way to the server that the test can break: the library does not let go of its sockets. */
class Wire {
  static async to(port: number): Promise<Wire> {
    const wire = new Wire(port);
    await new Promise<void>((resolve) => wire.server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((near) => {
    const far = connect(this.target, '127.0.0.1');
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      this.sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });

  private constructor(private readonly target: number) {}

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  break(): void {
    for (const socket of this.sockets) socket.destroy();
    this.close();
  }

  hang(): () => void {
    for (const socket of this.sockets) socket.pause();
    return () => {
      for (const socket of this.sockets) socket.resume();
    };
  }

  /** What is on its way arrives. */
  close(): void {
    this.server.close();
  }
}

function portOf(place: Place): number {
  const { grpcPort } = (place as GrpcPlace).config;
  if (!grpcPort) throw new Error('The instance has to be started with a GRPC_PORT');
  return grpcPort;
}

const timeOf = (seconds: number) => (seconds === 0 ? null : new Date(seconds * 1000).toISOString());
const ofEvent = ({ user_id, status, timestamp }: Event): View =>
  viewOf(user_id, WORDS[status] ?? status, { since: timeOf(timestamp) });
const ofData = (data: StatusData): View => ({ ...ofEvent(data), lastSeen: timeOf(data.last_seen) });
