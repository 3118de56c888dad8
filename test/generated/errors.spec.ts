import { status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';

import { REFUSALS } from '../../src/kernel/errors.js';
import { CLOSES as GRAPHQL } from '../../src/transports/graphql/graphql.socket.js';
import type { Ending } from '../../src/transports/session.js';
import { CLOSES as PLAIN } from '../../src/transports/ws/ws.socket.js';

const HEAD = `# Errors

Every failure that a client can do something about has one of these codes, on every wire the same. This page is written
from \`src/kernel/errors.ts\` and from the wires' own tables by \`npm run docs\`.

| code | HTTP | gRPC | \`ErrorCode\` of gRPC | what it means |
| --- | --- | --- | --- | --- |
`;

const BETWEEN = `
- GraphQL: \`errors[].extensions.code\`, with \`extensions.retryAfterMs\` where waiting helps. Failures of GraphQL itself
  keep its own codes: \`GRAPHQL_PARSE_FAILED\`, \`GRAPHQL_VALIDATION_FAILED\`, \`OPERATION_RESOLUTION_FAILURE\`, \`BAD_REQUEST\`.
- REST: \`{"success":false,"error":{"code","message"}}\`, with a \`Retry-After\` header where waiting helps. An unknown path
  is 404 \`NOT_FOUND\`, a wrong method 405 \`METHOD_NOT_ALLOWED\`.
- \`/ws\`: a frame \`{"type":"error","data":{"code","message"}}\`. Socket.IO: the acknowledgement
  \`{"success":false,"error":{"code","message"}}\`, or the event \`presence_error\`.
- gRPC: the status, with \`ErrorResponse\` in the trailer \`error-response-bin\`.
- \`INTERNAL\`, "Internal error" and nothing else, is a bug of ours: the log has it, with the request or connection.

## When a connection ends

Come back with a growing, random wait, except where a new token or a correction is needed first.

| why | graphql-transport-ws | \`/ws\` | what to do |
| --- | --- | --- | --- |
`;

const REMEDIES: Readonly<Record<Ending, readonly [why: string, remedy: string]>> = {
  unauthenticated: ['no token, a bad one, or a user who was deleted', 'get another token, or stop'],
  expired: ['the token has ended', 'get a new token and connect again; better, send one before it ends'],
  crowded: ['more connections of the user than may be', 'close others, then come back'],
  unavailable: ['nobody can say who it is, as a store is away', 'come back'],
  malformed: ['not the protocol', 'correct the client; coming back changes nothing'],
  flooding: ['five seconds on end over the limit of messages', 'send less, then come back'],
  slow: [
    'nothing read for seven and a half seconds, or too much that waits',
    'come back; a snapshot brings everything',
  ],
  draining: ['the instance stops', 'come back: another one answers'],
};

const TAIL = `
Both also close with 1009 a message over 256 KiB. Socket.IO says \`presence_error\` where the user can do something, then
the engine closes; gRPC ends the stream with a status of the first table.
`;

/** A stale page fails here; `npm run docs` writes it anew. */
it('a developer finds every error on one page that is up to date', async () => {
  const refusals = Object.entries(REFUSALS).map(
    ([code, { http, grpc, grpcError, means }]) =>
      `| \`${code}\` | ${http} | ${grpc} ${status[grpc]} | \`${grpcError}\` | ${means} |\n`,
  );
  const endings = Object.entries(REMEDIES).map(([ending, [why, remedy]]) => {
    const code = (closes: typeof GRAPHQL) => `${closes[ending as Ending][0]} ${closes[ending as Ending][1]}`;
    return `| ${why} | ${code(GRAPHQL)} | ${code(PLAIN)} | ${remedy} |\n`;
  });
  const page = HEAD + refusals.join('') + BETWEEN + endings.join('') + TAIL;
  await expect(page).toMatchFileSnapshot('../../docs/errors.md');
});
