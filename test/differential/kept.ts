import type { Scenario } from './scenario.js';

/** Every scenario that ever told two wires apart, as small as it could be made, and what was wrong. */
export const KEPT: readonly { readonly sentence: string; readonly scenario: Scenario }[] = [];
