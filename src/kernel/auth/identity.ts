import type { ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

import type { Caller } from '../caller.js';

/** What the GraphQL context has for us: the request, or over a socket the caller that the handshake proved. */
export interface IdentityContext {
  req?: Request;
  caller?: Caller;
}

export interface Identity {
  readonly request: Request | undefined;
  readonly caller: Caller | undefined;
  remember(caller: Caller): void;
}

/** Where the wire of this call keeps who calls. */
export function identityOf(context: ExecutionContext): Identity {
  switch (context.getType<'http' | 'graphql' | 'rpc' | 'ws'>()) {
    case 'http':
      return ofRequest(context.switchToHttp().getRequest<Request>());
    case 'graphql':
      // A resolver's arguments: root, args, context, info.
      return ofGraphql(context.getArgByIndex<IdentityContext>(2));
    default:
      // Wires that prove identity themselves never come here.
      return { request: undefined, caller: undefined, remember: () => {} };
  }
}

function ofRequest(request: Request): Identity {
  return {
    request,
    caller: callerOf(request),
    remember: (caller) => {
      request.user = caller;
    },
  };
}

function ofGraphql(context: IdentityContext): Identity {
  return {
    request: context.req,
    caller: context.caller,
    remember: (caller) => {
      context.caller = caller;
    },
  };
}

/** `request.user` is only ever written here, from a proven caller. */
function callerOf(request: Request): Caller | undefined {
  return request.user as Caller | undefined;
}
