import { expect, it } from 'vitest';

import { newConnectionId } from './connection.id.js';

it('every connection has a random UUID of its own', () => {
  const ids = Array.from({ length: 2000 }, newConnectionId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  // Every digit that is free takes every value.
  for (let at = 0; at < 36; at += 1) {
    const values = new Set(ids.map((id) => id[at])).size;
    expect(values).toBe(at === 14 || '-' === ids[0]?.[at] ? 1 : at === 19 ? 4 : 16);
  }
});
