import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { SETTING } from '../../src/boot/shapes.js';

it('what V8 is told at the start is something that it knows', () => {
  expect(execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })).toContain(SETTING);
});
