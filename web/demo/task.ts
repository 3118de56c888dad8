import { useCallback, useState } from 'react';

/**
 * Changes under way, and what went wrong with the last one. Nothing is disabled meanwhile: whoever uses a keyboard would
 * lose their place.
 */
export function useTask() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = useCallback((work: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(null);
    work()
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  }, []);
  return { busy, problem, run };
}
