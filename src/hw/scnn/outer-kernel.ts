import { createOuterKernel, type Multisets, type OuterKernel } from '../../kernels/index.js';
import type { ScnnSpec } from './options.js';

/** Multisets of up to `size` of eight classes. */
function multisets(size: number): Multisets {
  const known = new Map<string, number>([['0,0,0,0,0,0,0,0', 0]]);
  const sets: number[][] = [[0, 0, 0, 0, 0, 0, 0, 0]];
  const next: number[] = [];
  for (let set = 0; set < sets.length; set++) {
    const members = sets[set];
    const full = members.reduce((sum, count) => sum + count, 0) === size;
    for (let c = 0; c < 8; c++) {
      const more = members.with(c, members[c] + 1);
      const id = full ? -1 : (known.get(more.join()) ?? sets.length);
      if (id === sets.length) {
        known.set(more.join(), id);
        sets.push(more);
      }
      next.push(id);
    }
  }
  return { next: Int32Array.from(next), members: Uint8Array.from(sets.flat()) };
}

/** Class of an output's share in a bank (bits 2 to 4), and of a filter's (bits 0, 1 and 4). */
export const outputClass = (hash: number): number => hash >> 2;
export const filterClass = (hash: number): number => ((hash >> 2) & 4) | (hash & 3);

/** The kernel of outer products, all of which land: a brick's time follows from the classes of its outputs and of its filters. */
export function outerKernel({ activationVector, weightVector, banks }: ScnnSpec): OuterKernel {
  const [outputs, filters] = [multisets(activationVector), multisets(weightVector)];
  return createOuterKernel({ activationVector, weightVector, banks, outputs, filters });
}
