import { createLamplightClient, type LamplightClient, type Platform } from '@lamplight/client';
import { useEffect, useState } from 'react';

export const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'] as const;
export type PersonId = (typeof PEOPLE)[number];

export const nameOf = (person: PersonId) => person.charAt(0).toUpperCase() + person.slice(1);

export interface Session {
  readonly client: LamplightClient;
  /** As if a cable were pulled: no goodbye is said. */
  readonly pullThePlug: () => void;
}

/** Somebody's client for as long as the pane shows them, and why there is none. */
export function useSession(person: PersonId, platform: Platform): { session: Session | null; problem: string | null } {
  const [session, setSession] = useState<Session | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    const cable = new Cable();
    setProblem(null);
    const client = createLamplightClient({
      url: '/',
      platform,
      token: () => tokenFor(person, setProblem),
      webSocket: cable.socketClass,
    });
    const pullThePlug = () => {
      cable.pull();
      client.disconnect();
    };
    setSession({ client, pullThePlug });
    return () => {
      setSession(null);
      client.dispose();
    };
  }, [person, platform]);

  return { session, problem };
}

/** From the route that a server in development has for this. */
export async function tokenFor(
  userId: string,
  onProblem: (problem: string | null) => void = () => {},
): Promise<string> {
  const response = await fetch('/dev/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId }),
  });
  const answer = (await response.json().catch(() => ({}))) as { token?: string; error?: { message?: string } };
  if (answer.token !== undefined) {
    onProblem(null);
    return answer.token;
  }
  const because = answer.error?.message ?? `HTTP ${response.status}`;
  onProblem(response.status === 404 ? `${userId} is not in the directory yet.` : because);
  throw new Error(because);
}

/**
 * A page cannot drop a connection without a goodbye: browsers always say one. A server that is sent nonsense hangs up
 * by itself, though, and for everybody else that is a loss like any other.
 */
class Cable {
  private socket: WebSocket | null = null;

  readonly socketClass: typeof WebSocket;

  constructor() {
    const keep = (socket: WebSocket) => (this.socket = socket);
    this.socketClass = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        keep(this);
      }
    };
  }

  pull(): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(new Uint8Array(1));
  }
}
