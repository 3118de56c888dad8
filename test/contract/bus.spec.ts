import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { World } from './world.js';
import { WORLDS } from './worlds.js';

describe.each(WORLDS)('the bus of the $name engine', ({ make }) => {
  let world: World;

  beforeEach(async () => {
    world = await make();
  });
  afterEach(() => world.close());

  it('brings every message of a topic to every listener, in order', async () => {
    const { bus } = world.engine;
    const heard: string[] = [];
    await bus.subscribe('news', (message) => heard.push(`1:${message}`));
    const stop = await bus.subscribe('news', (message) => heard.push(`2:${message}`));
    await bus.subscribe('other', (message) => heard.push(`3:${message}`));
    await bus.publish('news', 'a');
    await bus.publish('news', '{"b":"ü"}');
    await world.until(() => heard.length === 4);
    stop();
    stop();
    await bus.publish('news', 'c');
    await world.until(() => heard.length === 5);
    await world.pass(50);
    expect(heard).toEqual(['1:a', '2:a', '1:{"b":"ü"}', '2:{"b":"ü"}', '1:c']);
  });
});
