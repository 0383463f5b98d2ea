import type { LayerMasks } from './contracts.js';

/** Whether masks of one kernel keep the same weights. */
export function sameMasks(some: LayerMasks, others: LayerMasks): boolean {
  if (!sameMask(some.forward, others.forward)) return false;
  // Most often all three are one.
  const isKnown = (name: 'backward' | 'gradient') => some[name] === some.forward && others[name] === others.forward;
  return (['backward', 'gradient'] as const).every((name) => isKnown(name) || sameMask(some[name], others[name]));
}

/** Whether two masks of one kernel keep the same weights; null keeps all, and is another mask than one of ones. */
export function sameMask(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === b) return true;
  if (!a || !b) return false;
  let i = 0;
  const [left, right] = [wordsOf(a), wordsOf(b)];
  if (left && right) {
    for (let word = 0; word < left.length; word++) if (left[word] !== right[word]) return false;
    i = 4 * left.length;
  }
  for (; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether one mask keeps only what another keeps; null keeps all. */
export function isWithin(mask: Uint8Array, other: Uint8Array | null): boolean {
  return other === null || mask === other || mask.every((bit, i) => !bit || other[i]);
}

/** A mask four weights at a time, without those at its end; undefined where it does not lie on words. */
export function wordsOf({ buffer, byteOffset, length }: Uint8Array): Uint32Array | undefined {
  return byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, length >> 2) : undefined;
}
