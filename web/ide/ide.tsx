import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';

import { EXAMPLES } from './examples.js';
import { IdentityBar, type Identity } from './identity.js';

const URL_HTTP = '/graphql';
const URL_SOCKET = `${location.origin.replace(/^http/, 'ws')}/graphql`;

let identity: Identity = { token: null, present: true };

const socket = createClient({
  url: URL_SOCKET,
  connectionParams: () => ({
    presence: identity.present,
    ...(identity.token !== null && { authorization: `Bearer ${identity.token}` }),
  }),
  // What is wrong is shown at once where one is trying things out.
  retryAttempts: 0,
});

/** A header of one's own, written in the editor, wins. */
const authorized: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  if (identity.token !== null && !headers.has('authorization'))
    headers.set('authorization', `Bearer ${identity.token}`);
  return fetch(input, { ...init, headers });
};

const fetcher = createGraphiQLFetcher({ url: URL_HTTP, wsClient: socket, fetch: authorized });

/** A connection belongs to who opened it: what runs on it ends, the next run opens another. */
function become(next: Identity): void {
  identity = next;
  socket.terminate();
}

/** GraphiQL, signed in as whoever is chosen in the bar above it. */
export function Ide() {
  return (
    <>
      <IdentityBar onChange={become} />
      <div className="editor">
        <GraphiQL fetcher={fetcher} defaultTabs={EXAMPLES} defaultEditorToolsVisibility="variables">
          <GraphiQL.Logo>Lamplight</GraphiQL.Logo>
        </GraphiQL>
      </div>
    </>
  );
}
