import type { Fields } from '../commands.js';

export const PROTOCOL = 'graphql-transport-ws';

export interface Asked {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Fields | null;
}

/** What a client may say in graphql-transport-ws. */
export type Message =
  | { readonly type: 'connection_init' | 'ping' | 'pong'; readonly payload: Fields | null }
  | { readonly type: 'subscribe'; readonly id: string; readonly payload: Asked }
  | { readonly type: 'complete'; readonly id: string };

/** Null for anything else, whatever it is. */
export function readMessage(text: string): Message | null {
  const message = parsed(text);
  if (!isFields(message)) return null;
  const { type, id } = message;
  switch (type) {
    case 'connection_init':
    case 'ping':
    case 'pong': {
      const payload = message['payload'] ?? null;
      return payload === null || isFields(payload) ? { type, payload } : null;
    }
    case 'subscribe': {
      const payload = askedOf(message['payload']);
      return payload && isText(id) && id !== '' ? { type, id, payload } : null;
    }
    case 'complete':
      return isText(id) && id !== '' ? { type, id } : null;
    default:
      return null;
  }
}

export function askedOf(payload: unknown): Asked | null {
  if (!isFields(payload)) return null;
  const { query, operationName = null, variables = null, extensions = null } = payload;
  if (!isText(query) || (operationName !== null && !isText(operationName))) return null;
  if (variables !== null && !isFields(variables)) return null;
  return extensions === null || isFields(extensions) ? { query, operationName, variables } : null;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
