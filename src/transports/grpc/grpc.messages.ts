import { join } from 'node:path';

import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition, type ServiceDefinition } from '@grpc/proto-loader';

import type { REFUSALS } from '../../kernel/errors.js';

/*
 * status.proto in TypeScript. Names are those of the file, so that reflection shows them as they are.
 */

export const SERVICE = 'users.status.UserStatusService';

export const STATUSES = {
  ONLINE: 'ONLINE',
  IDLE: 'AWAY',
  DO_NOT_DISTURB: 'DO_NOT_DISTURB',
  OFFLINE: 'OFFLINE',
} as const;
export type GrpcStatus = (typeof STATUSES)[keyof typeof STATUSES];

export interface UserStatusData {
  readonly user_id: string;
  readonly status: GrpcStatus;
  /** Unix seconds; 0 where privacy hides it. */
  readonly last_seen: number;
  readonly timestamp: number;
}

export interface StatusUpdateEvent {
  readonly user_id: string;
  readonly status: GrpcStatus;
  readonly timestamp: number;
}

/** Numbers that the file does not know arrive as numbers. */
export interface SetUserStatusRequest {
  readonly user_id: string;
  readonly status: string | number;
}

export interface UserRequest {
  readonly user_id: string;
}

export interface UsersRequest {
  readonly user_ids: readonly string[];
}

export interface SubscribeRequest {
  readonly user_id: string;
  readonly watch_user_ids: readonly string[];
}

export interface ErrorResponse {
  readonly code: (typeof REFUSALS)[keyof typeof REFUSALS]['grpcError'] | 'UNKNOWN_ERROR';
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
}

export const definition = loadSync(join(import.meta.dirname, 'status.proto'), {
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
});

/** What a request is read as that is not one. */
export const UNREADABLE = Symbol('unreadable');
export type Unreadable = typeof UNREADABLE;

/** The service, with requests that cannot be read left to its methods: the library would call them our own fault. */
export const service = Object.fromEntries(
  Object.entries(definition[SERVICE] as ServiceDefinition).map(([name, method]) => [name, tolerant(method)]),
);

export function writeError(error: ErrorResponse): Buffer {
  return (definition['users.status.ErrorResponse'] as MessageTypeDefinition<object, object>).serialize(error);
}

function tolerant(method: MethodDefinition<object, object>) {
  const requestDeserialize = (bytes: Buffer): object | Unreadable => {
    try {
      return method.requestDeserialize(bytes);
    } catch {
      return UNREADABLE;
    }
  };
  return { ...method, requestDeserialize };
}
