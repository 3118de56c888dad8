import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import { useEffect, useMemo, useState } from 'react';

import { EXAMPLES } from './examples.js';
import { IdentityBar } from './identity.js';

const URL_HTTP = '/graphql';
const URL_SOCKET = `${location.origin.replace(/^http/, 'ws')}/graphql`;

/** GraphiQL, signed in as whoever is chosen in the bar above it. */
export function Ide() {
  const [token, setToken] = useState<string | null>(null);
  const [present, setPresent] = useState(true);

  const socket = useMemo(
    () =>
      createClient({
        url: URL_SOCKET,
        connectionParams: { presence: present, ...(token !== null && { authorization: `Bearer ${token}` }) },
        // What is wrong is shown at once where one is trying things out.
        retryAttempts: 0,
      }),
    [token, present],
  );
  useEffect(() => () => void socket.dispose(), [socket]);
  const fetcher = useMemo(
    () => createGraphiQLFetcher({ url: URL_HTTP, wsClient: socket, fetch: authorized(token) }),
    [socket, token],
  );

  return (
    <>
      <IdentityBar onToken={setToken} present={present} onPresent={setPresent} />
      <div className="editor">
        <GraphiQL fetcher={fetcher} defaultTabs={EXAMPLES} defaultEditorToolsVisibility="variables">
          <GraphiQL.Logo>Lamplight</GraphiQL.Logo>
        </GraphiQL>
      </div>
    </>
  );
}

/** A header of one's own, written in the editor, wins. */
const authorized =
  (token: string | null): typeof fetch =>
  (input, init) => {
    const headers = new Headers(init?.headers);
    if (token !== null && !headers.has('authorization')) headers.set('authorization', `Bearer ${token}`);
    return fetch(input, { ...init, headers });
  };
