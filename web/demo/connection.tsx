import type { ConnectionState } from '@lamplight/client';
import { useConnection, useLamplight } from '@lamplight/client/react';
import { useEffect, useState } from 'react';

/** Whether what this pane shows is live, and ways to spoil that. */
export function ConnectionBar({ onPull }: { readonly onPull: () => void }) {
  const client = useLamplight();
  const state = useConnection();
  const [pulled, setPulled] = useState(false);
  const seconds = useSecondsUntil(state.retryAt);
  const gone = state.status === 'disconnected';

  const pull = () => {
    setPulled(true);
    onPull();
  };
  const leave = () => {
    setPulled(false);
    client.disconnect();
  };

  return (
    <div className="connection" data-status={state.status}>
      <p role="status">
        <span className="pulse" aria-hidden="true" />
        {sentence(state, pulled)}
        {seconds !== null && seconds > 0 && <span aria-hidden="true"> in {seconds} s</span>}
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
          <button type="button" className="small" onClick={() => client.connect()}>
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

function useSecondsUntil(time: number | null): number | null {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (time === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [time]);
  return time === null ? null : Math.ceil((time - now) / 1000);
}
