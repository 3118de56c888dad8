import { once } from 'node:events';
import { WebSocket } from 'ws';
import { until } from '../scenarios/instances.js';
import type { Place } from './place.js';

interface Answer {
  readonly id: number;
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

const OPENS_WITHIN_MS = 5000;

/** Looks into a running instance, through the inspector that a signal opens. */
export class Inspector {
  private asked = 0;

  private constructor(private readonly ws: WebSocket) {}

  static async open(place: Place): Promise<Inspector> {
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
    return new Inspector(ws);
  }

  /** NaN when it has no number to answer. */
  async number(expression: string): Promise<number> {
    const value = await this.ask('Runtime.evaluate', { expression });
    return typeof value === 'number' ? value : NaN;
  }

  async collectGarbage(): Promise<void> {
    await this.ask('HeapProfiler.collectGarbage');
  }

  close(): void {
    this.ws.terminate();
  }

  private async ask(method: string, params: object = {}): Promise<unknown> {
    const id = (this.asked += 1);
    const answered = new Promise<Answer>((resolve) => {
      const hear = (data: Buffer) => {
        const answer = JSON.parse(data.toString()) as Answer;
        if (answer.id !== id) return;
        this.ws.off('message', hear);
        resolve(answer);
      };
      this.ws.on('message', hear);
    });
    this.ws.send(JSON.stringify({ id, method, params }));
    return (await answered).result?.result?.value;
  }
}
