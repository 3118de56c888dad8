import { Bus } from '../engine.js';
import type { Stop } from '../engine.js';
import type { Channels } from './channels.js';
import { busChannel } from './shards.js';

/** Topics over all instances. */
export class RedisBus extends Bus {
  constructor(private readonly channels: Channels) {
    super();
  }

  publish(topic: string, message: string): Promise<void> {
    return this.channels.publish(busChannel(topic), message);
  }

  async subscribe(topic: string, listener: (message: string) => void): Promise<Stop> {
    let ended = false;
    const subscription = this.channels.subscribe(busChannel(topic), (payload) => {
      if (!ended) listener(String(payload));
    });
    const stop = () => {
      if (ended) return;
      ended = true;
      subscription.then(
        (id) => this.channels.unsubscribe(id),
        () => undefined,
      );
    };
    // Granted after it was refused, it would be heard twice by who asks again.
    await this.channels.within(subscription).catch((error: unknown) => {
      stop();
      throw error;
    });
    return stop;
  }
}
