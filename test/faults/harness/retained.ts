import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Place } from './place.js';
import { until } from '../scenarios/instances.js';

interface Answer {
  readonly id: number;
  readonly result?: { readonly result?: { readonly value?: number } };
}

const OPENS_WITHIN_MS = 5000;
const USED = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';

/** Bytes that an instance keeps once its garbage is gone, asked through the inspector that a signal opens. */
export async function retained(place: Place): Promise<number> {
  let url = '';
  place.signal('SIGUSR1');
  await until(OPENS_WITHIN_MS, async () => {
    const targets = await fetch(`http://127.0.0.1:${place.inspectPort}/json`).then(
      (answer) => answer.json() as Promise<{ readonly webSocketDebuggerUrl: string }[]>,
      () => [],
    );
    url = targets[0]?.webSocketDebuggerUrl ?? '';
    return url !== '';
  });
  const ws = new WebSocket(url);
  await once(ws, 'open');
  await ask(ws, 1, 'HeapProfiler.collectGarbage');
  const { result } = await ask(ws, 2, 'Runtime.evaluate', { expression: USED });
  ws.terminate();
  return result?.result?.value ?? NaN;
}

function ask(ws: WebSocket, id: number, method: string, params: object = {}): Promise<Answer> {
  const answered = new Promise<Answer>((resolve) => {
    ws.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString()) as Answer;
      if (answer.id === id) resolve(answer);
    });
  });
  ws.send(JSON.stringify({ id, method, params }));
  return answered;
}
