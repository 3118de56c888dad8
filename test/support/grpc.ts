import { join } from 'node:path';
import {
  type Client,
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Recording } from '../drivers/recording.js';

const FILE = join(import.meta.dirname, '../../src/transports/grpc/status.proto');
const OPTIONS = { keepCase: true, longs: Number, enums: String, defaults: true };

interface Package {
  readonly users: { readonly status: { readonly UserStatusService: new (...options: unknown[]) => Client } };
}

interface ErrorResponse {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
}

const definition = loadSync(FILE, OPTIONS);
const { UserStatusService } = (loadPackageDefinition(definition) as unknown as Package).users.status;
const errors = definition['users.status.ErrorResponse'] as unknown as { deserialize(bytes: Buffer): ErrorResponse };

/** What a failed call came back with: the status, and the trailer read. */
export interface Failure {
  readonly code: number;
  readonly details: string;
  readonly error: ErrorResponse | null;
}

export interface Event {
  readonly user_id: string;
  readonly status: string;
  readonly timestamp: number;
}

type Headers = Readonly<Record<string, string>>;
type Unary = (request: object, metadata: Metadata, answer: (error: ServiceError | null, value: object) => void) => void;

/** A client of the contract's file, with a connection of its own. */
export class GrpcClient {
  private readonly client: Client;

  constructor(
    port: number,
    private readonly token: string | null,
  ) {
    const options = { 'grpc.use_local_subchannel_pool': 1 };
    this.client = new UserStatusService(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  }

  /** The answer, or a Failure; never throws. */
  call(method: string, request: object, headers: Headers = {}): Promise<object | Failure> {
    const unary = (this.client as unknown as Record<string, Unary>)[method];
    return new Promise((resolve) => {
      unary?.call(this.client, request, this.metadata(headers), (error, value) =>
        resolve(error ? failureOf(error) : value),
      );
    });
  }

  /** A subscription that is given up by `close`. It ends with the number of its status, as text. */
  subscribe(request: object, headers: Headers = {}): Subscription {
    const open = (
      this.client as unknown as Record<string, (request: object, metadata: Metadata) => ClientReadableStream<Event>>
    )['SubscribeStatusUpdates'];
    if (!open) throw new Error('no such method');
    return new Subscription(open.call(this.client, request, this.metadata(headers)));
  }

  close(): void {
    this.client.close();
  }

  private metadata(headers: Headers): Metadata {
    const metadata = new Metadata();
    if (this.token !== null) metadata.set('authorization', `Bearer ${this.token}`);
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return metadata;
  }
}

export class Subscription extends Recording<Event> {
  readonly failure: Promise<Failure>;

  constructor(readonly stream: ClientReadableStream<Event>) {
    super('a gRPC stream');
    stream.on('data', (event: Event) => this.record(event));
    stream.on('end', () => this.end(null));
    this.failure = new Promise((resolve) => {
      stream.on('error', (error: ServiceError) => {
        this.end(String(error.code));
        resolve(failureOf(error));
      });
    });
    this.stopWith(() => stream.cancel());
  }
}

function failureOf({ code, details, metadata }: ServiceError): Failure {
  const [trailer] = metadata.get('error-response-bin');
  return { code, details, error: trailer instanceof Buffer ? errors.deserialize(trailer) : null };
}
