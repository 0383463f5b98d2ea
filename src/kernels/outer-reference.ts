import type { CartesianSums } from './cartesian-reference.js';
import type { OuterBits, OuterGrid, OuterPlaces } from './outer-kernel.js';

/**
 * What {@link OuterKernel.barriers} computes, product by product: in each barrier every element multiplies its rows, a vector at a time,
 * with all filters of a pass, a vector at a time, and all elements wait for the slowest.
 *
 * @example
 * ```ts
 * outerReference(
 *   {activationVector: 1, weightVector: 1, banks: 32},
 *   {elements: 1, together: 4, elementOf: Uint16Array.of(0, 0), classOf: Uint8Array.of(0, 0), classOfFilter: Uint8Array.of(0)},
 *   {reductions: 1, rows: Uint32Array.of(0b11), filters: Uint32Array.of(1), filterFrom: 0, filterStride: 1},
 * ).cycles; // 2
 * ```
 */
export function outerReference(
  { activationVector, weightVector, banks }: Pick<OuterGrid, 'activationVector' | 'weightVector' | 'banks'>,
  { elements, together, elementOf, classOf, classOfFilter }: OuterPlaces,
  bits: OuterBits,
): CartesianSums {
  const sums = {
    ...{ cycles: 0, waiting: 0, bricks: 0, conflicts: 0, products: 0, landed: 0, activationWords: 0, weightWords: 0 },
  };
  const rowWords = Math.ceil(elementOf.length / 32);
  for (let reduction = 0; reduction < bits.reductions; reduction++) {
    const rows = ones(bits.rows, 32 * rowWords * reduction, elementOf.length);
    const filters = ones(bits.filters, bits.filterFrom + reduction * bits.filterStride, classOfFilter.length);
    for (let first = 0; first < classOfFilter.length; first += together) {
      const pass = filters.filter((filter) => filter >= first && filter < first + together);
      if (pass.length === 0) continue;
      const weights = vectors(pass, weightVector);
      const times = Array.from({ length: elements }, (_, element) => {
        let cycles = 0;
        for (const vector of vectors(
          rows.filter((row) => elementOf[row] === element),
          activationVector,
        )) {
          sums.activationWords += activationVector;
          for (const others of weights) {
            const found = new Array<number>(banks).fill(0);
            for (const row of vector) for (const filter of others) found[bankOf(classOf[row], classOfFilter[filter]) % banks]++;
            const time = Math.max(...found);
            sums.bricks += 1;
            sums.conflicts += time - 1;
            cycles += time;
          }
        }
        return cycles;
      });
      const slowest = Math.max(...times);
      sums.cycles += slowest;
      for (const time of times) sums.waiting += slowest - time;
      sums.products += rows.length * pass.length;
      sums.landed += rows.length * pass.length;
      sums.weightWords += elements * weights.length * weightVector;
    }
  }
  return sums;
}

function bankOf(rowClass: number, filterClass: number): number {
  return (rowClass << 2) ^ (((filterClass & 4) << 2) | (filterClass & 3));
}

function ones(words: Uint32Array, from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => i).filter((i) => (words[(from + i) >>> 5] >>> ((from + i) & 31)) & 1);
}

function vectors(list: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}
