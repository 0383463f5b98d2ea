import type { LayerMasks } from './contracts.js';

/** Whether masks of one kernel keep the same weights. */
export function sameMasks(some: LayerMasks, others: LayerMasks): boolean {
  return (
    sameMask(some.forward, others.forward) && sameMask(some.backward, others.backward) && sameMask(some.gradient, others.gradient)
  );
}

/** Whether two masks of one kernel keep the same weights; null keeps all, and is another mask than one of ones. */
export function sameMask(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
