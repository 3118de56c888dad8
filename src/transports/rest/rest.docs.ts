import { applyDecorators } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiSecurity,
} from '@nestjs/swagger';

import { ERROR_ANSWER, type Schema } from './rest.schemas.js';

/** The name of the back ends' way of proving who they are. */
export const SERVICE_TOKEN = 'serviceToken';
/** What every call may be refused with, beside what is its own. */
const ALWAYS = [401, 429, 503];
const ALWAYS_OF_BACK_ENDS = [401, 503];

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'Something in the request is not as it has to be',
  401: 'No token, or one that is not valid',
  404: 'No such user',
  413: 'The body is too large',
  429: 'Too many calls; see Retry-After',
  503: 'Something that is needed for it cannot be reached; see Retry-After',
};

interface Description {
  readonly summary: string;
  readonly answer: Schema;
  readonly body?: Schema;
  /** The media type of the body, where it is not JSON. */
  readonly consumes?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses, beside those that every call shares. */
  readonly refuses: readonly number[];
}

/** What one call takes and answers. */
export const documented = ({
  summary,
  answer,
  body,
  consumes,
  query = {},
  headers = {},
  refuses,
}: Description): MethodDecorator =>
  applyDecorators(
    ApiOperation({ summary }),
    ApiOkResponse({ description: 'Done', schema: answer }),
    ...(body ? [ApiBody({ schema: body })] : []),
    ...(consumes ? [ApiConsumes(consumes)] : []),
    ...Object.entries(query).map(([name, description]) =>
      ApiQuery({ name, description, required: name === 'user_ids', schema: { type: 'string' } }),
    ),
    ...Object.entries(headers).map(([name, description]) => ApiHeader({ name, description, required: true })),
    ...refuses.map(refused),
  );

/** For controllers that are called with a bearer token. */
export const ofCallers = (): ClassDecorator => applyDecorators(ApiBearerAuth(), ...ALWAYS.map(refused));

/** For controllers that are called with `x-secret-token`. */
export const ofBackEnds = (): ClassDecorator =>
  applyDecorators(ApiSecurity(SERVICE_TOKEN), ...ALWAYS_OF_BACK_ENDS.map(refused));

const refused = (status: number) =>
  ApiResponse({ status, description: MEANINGS[status] ?? 'Refused', schema: ERROR_ANSWER });
