import type { GemmWork } from '../contracts.js';
import { lowerGemm } from '../gemm-view.js';

/**
 * Whether the kernel of a work has at most two non-zeros in each four consecutive reduction indices: what a sparse tensor core takes at
 * twice the rate. Only weights are stored so; in a weight gradient there are none.
 */
export function isTwoOfFour(work: GemmWork): boolean {
  if (work.kernel.role !== 'W') return false;
  return lowerGemm(work).every((view) => view.kernelRows().every(wordIsTwoOfFour)); // rows begin at a word, so groups of 4 do not straddle
}

function wordIsTwoOfFour(word: number): boolean {
  const pairs = (word & 0x55555555) + ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333); // 0 to 4 in each nibble
  return ((fours + 0x55555555) & 0x88888888) === 0; // 3 + 5 and 4 + 5 reach the top bit of a nibble
}
