import { describe, expect, it } from 'vitest';

import { tellAtTheEnd, writeAtTheEnd } from './turn.js';

const nextTurn = () => new Promise(setImmediate);

describe('the end of a turn of the event loop', () => {
  it('is for telling first, then for writing what there is to say', async () => {
    const done: string[] = [];
    writeAtTheEnd(() => void done.push('write'));
    tellAtTheEnd(() => {
      done.push('tell');
      writeAtTheEnd(() => void done.push('write what was told'));
      tellAtTheEnd(() => void done.push('tell more'));
    });
    done.push('read');
    await nextTurn();
    expect(done).toEqual(['read', 'tell', 'tell more', 'write', 'write what was told']);
  });

  it('forgets nothing that comes up while something is written', async () => {
    const done: string[] = [];
    writeAtTheEnd(() => tellAtTheEnd(() => void done.push('tell')));
    await nextTurn();
    await nextTurn();
    tellAtTheEnd(() => void done.push('tell again'));
    await nextTurn();
    expect(done).toEqual(['tell', 'tell again']);
  });
});
