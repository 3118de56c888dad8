import type { ApolloCache } from '@apollo/client';

import type { Platform } from './documents.js';
import type { TokenSource } from './token.js';

export interface LamplightOptions {
  /** Where the service is, e.g. `https://presence.example.com`; `/graphql` is added. */
  readonly url: string;
  readonly token: TokenSource;
  /** What others see as the kind of device. Default `WEB`. */
  readonly platform?: Platform;
  /** Names this device for `goOffline(deviceId)`. */
  readonly deviceId?: string;
  /** False: watches without making its user online, as a dashboard does. Default true. */
  readonly presence?: boolean;
  /** Without keyboard, pointer or touch for this long the device reports itself idle. Default 5 minutes. */
  readonly idleAfterMs?: number;
  /** A cache of yours, with `typePolicies` of Lamplight added; by default a new one. */
  readonly cache?: ApolloCache;
  /** A WebSocket class where there is none in the environment, or one of your own. */
  readonly webSocket?: typeof WebSocket;
}

/** How Apollo tells these objects apart. For apps that bring a cache of their own. */
export const typePolicies = {
  UserPresence: { keyFields: ['userId'] },
  Me: { merge: true, keyFields: [] },
  PrivacySettings: { keyFields: false as const, merge: false },
  UserTyping: { keyFields: false as const },
};

/** `/graphql` of the service over HTTP and over WebSocket. Relative addresses are relative to the page. */
export function addressesOf(url: string): { readonly http: string; readonly socket: string } {
  const base = typeof location === 'undefined' ? undefined : location.href;
  const address = new URL(url, base);
  address.pathname = `${address.pathname.replace(/\/(graphql\/?)?$/, '')}/graphql`;
  const http = address.href;
  return { http, socket: http.replace(/^http/, 'ws') };
}
