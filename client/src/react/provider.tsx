import { ApolloProvider } from '@apollo/client/react';
import { createContext, useContext, type ReactNode } from 'react';

import type { LamplightClient } from '../client.js';

const Context = createContext<LamplightClient | null>(null);

/** Gives the hooks below it their client. `useQuery` and its kin find the client's Apollo client too. */
export function LamplightProvider({ client, children }: { client: LamplightClient; children?: ReactNode }) {
  return (
    <Context.Provider value={client}>
      <ApolloProvider client={client.apollo}>{children}</ApolloProvider>
    </Context.Provider>
  );
}

export function useLamplight(): LamplightClient {
  const client = useContext(Context);
  if (!client) throw new Error('There is no LamplightProvider above this component');
  return client;
}
