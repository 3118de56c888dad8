import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';

import type { Caller } from '../caller.js';
import { unauthenticated } from '../errors.js';
import { identityOf } from './identity.js';

/** The caller, in a REST method or a resolver. Refuses UNAUTHENTICATED where no guard has proven one. */
export const Me = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  const { caller } = identityOf(context);
  if (!caller) throw unauthenticated();
  return caller;
});
