import type { LayerMasks } from './contracts.js';

/** Whether masks of one kernel keep the same weights. */
export function sameMasks(some: LayerMasks, others: LayerMasks): boolean {
  return isSame(some.forward, others.forward) && isSame(some.backward, others.backward) && isSame(some.gradient, others.gradient);
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === b || (a !== null && b !== null && a.every((bit, i) => bit === b[i]));
}
