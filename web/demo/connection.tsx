import type { ConnectionState } from '@lamplight/client';
import { useConnection, useLamplight } from '@lamplight/client/react';
import { useEffect, useState } from 'react';

/** Whether what this pane shows is live, and ways to spoil that. */
export function ConnectionBar({ onPull }: { readonly onPull: () => void }) {
  const client = useLamplight();
  const state = useConnection();
  const [pulledAt, setPulledAt] = useState<number | null>(null);
  const now = useNow(state.retryAt !== null || pulledAt !== null);
  const seconds = state.retryAt === null ? 0 : Math.ceil((state.retryAt - now) / 1000);
  const gone = state.status === 'disconnected';

  const pull = () => {
    setPulledAt(Date.now());
    onPull();
  };
  const leave = () => {
    setPulledAt(null);
    client.disconnect();
  };
  const connect = () => {
    setPulledAt(null);
    client.connect();
  };

  return (
    <div className="connection" data-status={state.status}>
      <p role="status">
        <span className="pulse" aria-hidden="true" />
        {sentence(state, pulledAt !== null)}
        {seconds > 0 && <span aria-hidden="true">in {seconds} s</span>}
        {gone && pulledAt !== null && (
          <span className="ago" aria-hidden="true">
            {Math.max(0, Math.floor((now - pulledAt) / 1000))} s
          </span>
        )}
      </p>
      <div className="actions">
        {state.status === 'connected' && (
          <>
            <button
              type="button"
              className="small"
              onClick={pull}
              title="The others keep seeing you for a grace period"
            >
              Pull the plug
            </button>
            <button
              type="button"
              className="small"
              onClick={leave}
              title="A clean goodbye: a much shorter grace period"
            >
              Leave
            </button>
          </>
        )}
        {state.status !== 'connected' && (
          <button type="button" className="small" onClick={connect}>
            {gone ? 'Plug in again' : 'Try now'}
          </button>
        )}
      </div>
    </div>
  );
}

function sentence({ status }: ConnectionState, pulled: boolean): string {
  switch (status) {
    case 'connecting':
      return 'Connecting…';
    case 'connected':
      return 'Live';
    case 'reconnecting':
      return 'Reconnecting…';
    case 'offline':
      return 'No network';
    case 'refused':
      return 'Not accepted';
    case 'disconnected':
      return pulled ? 'Plug pulled: watch how long the others still see you' : 'Left';
  }
}

/** The time, ms since 1970, ticking while somebody looks at it. */
function useNow(ticking: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!ticking) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}
