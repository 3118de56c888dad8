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
    const id = await this.channels.subscribe(busChannel(topic), (payload) => listener(String(payload)));
    let ended = false;
    return () => {
      if (!ended) this.channels.unsubscribe(id);
      ended = true;
    };
  }
}
