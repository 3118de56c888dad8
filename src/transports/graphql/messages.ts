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

/** How the reference client begins what it asks, on both sides of an id. */
const BEFORE_ID = '{"id":"';
const AFTER_ID = '","type":"subscribe","payload":';
/** In which nothing is escaped. */
const PLAIN_ID = /^[\w-]+$/;
const PAYLOAD_MAX = 2048;
/** Characters of payloads kept; with what is made of them a few times as many bytes. */
const KEPT_MAX = 512 * 1024;

/** Reads messages. Clients ask the same again and again under another id: what was asked is then read once. */
export class Reader {
  private kept = new Map<string, Asked>();
  private characters = 0;

  /** As `readMessage`. */
  read(text: string): Message | null {
    const end = text.startsWith(BEFORE_ID) ? text.indexOf('"', BEFORE_ID.length) : -1;
    if (end < 0 || !text.startsWith(AFTER_ID, end)) return readMessage(text);
    const id = text.slice(BEFORE_ID.length, end);
    if (!PLAIN_ID.test(id)) return readMessage(text);
    const rest = text.slice(end + AFTER_ID.length);
    const payload = this.kept.get(rest) ?? this.keep(rest);
    return payload ? { type: 'subscribe', id, payload } : readMessage(text);
  }

  /** `rest`: a payload and the end of the message. Null for all else, and for what is too long. */
  private keep(rest: string): Asked | null {
    const asked = rest.length <= PAYLOAD_MAX && rest.endsWith('}') ? askedOf(parsed(rest.slice(0, -1))) : null;
    if (!asked) return null;
    if (this.characters + rest.length > KEPT_MAX) {
      this.kept = new Map();
      this.characters = 0;
    }
    this.kept.set(rest, asked);
    this.characters += rest.length;
    return asked;
  }
}

function askedOf(payload: unknown): Asked | null {
  if (!isFields(payload)) return null;
  const { query, operationName = null, variables = null, extensions = null } = payload;
  if (!isText(query) || (operationName !== null && !isText(operationName))) return null;
  if (variables !== null && !isFields(variables)) return null;
  return extensions === null || isFields(extensions) ? { query, operationName, variables } : null;
}

function parsed(text: string): unknown {
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
