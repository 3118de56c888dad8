import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { GROWTH } from '../../src/boot/room.js';
import { SETTING } from '../../src/boot/shapes.js';

it('what V8 is told at the start is something that it knows', () => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  expect([SETTING, GROWTH].filter((setting) => !known.includes(setting))).toEqual([]);
});
