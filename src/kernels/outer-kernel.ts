import type { CartesianSums } from './cartesian-reference.js';
import { type Pointer, wasmFunctions } from './wasm-functions.js';

/** Multisets of a few of eight classes, numbered from 0, the empty one; `next[8 * set + c]` is the set with a c more. */
export interface Multisets {
  readonly next: Int32Array;
  /** Members of each class, eight per set. */
  readonly members: Uint8Array;
}

/** Elements that multiply vectors of rows with vectors of filters; a product's bank is (row class << 2 ^ share of the filter) % banks. */
export interface OuterGrid {
  readonly activationVector: number;
  readonly weightVector: number;
  readonly banks: number;
  /** Of at most `activationVector` row classes, and of at most `weightVector` filter classes: (4 or 0) | (share & 3). */
  readonly outputs: Multisets;
  readonly filters: Multisets;
}

/** Where rows and filters lie. */
export interface OuterPlaces {
  readonly elements: number;
  /** Neighbouring filters that are worked on at a time. */
  readonly together: number;
  readonly elementOf: Uint16Array;
  readonly classOf: Uint8Array;
  readonly classOfFilter: Uint8Array;
}

/** Which rows and which filters are one at each reduction index. */
export interface OuterBits {
  readonly reductions: number;
  /** Whole words of rows for each index. */
  readonly rows: Uint32Array;
  /** The filters of index i begin at bit filterFrom + i * filterStride. */
  readonly filters: Uint32Array;
  readonly filterFrom: number;
  readonly filterStride: number;
}

/** {@link outerReference} on a memory of its own, which remembers how long bricks take. */
export interface OuterKernel {
  /** What a barrier per reduction index costs. */
  barriers(places: OuterPlaces, bits: OuterBits): CartesianSums;
}

/**
 * Creates the kernel for a grid.
 *
 * @example
 * ```ts
 * const sets = {next: Int32Array.from({length: 16}, (_, i) => (i === 0 ? 1 : -1)), members: Uint8Array.of(...new Array(8).fill(0), 1, ...new Array(7).fill(0))};
 * const kernel = createOuterKernel({activationVector: 1, weightVector: 1, banks: 32, outputs: sets, filters: sets});
 * kernel.barriers(
 *   {elements: 1, together: 4, elementOf: Uint16Array.of(0, 0), classOf: Uint8Array.of(0, 0), classOfFilter: Uint8Array.of(0)},
 *   {reductions: 1, rows: Uint32Array.of(0b11), filters: Uint32Array.of(1), filterFrom: 0, filterStride: 1},
 * ).cycles; // 2
 * ```
 */
export function createOuterKernel({ activationVector, weightVector, banks, outputs, filters }: OuterGrid): OuterKernel {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { outerBarriers } = wasmFunctions(memory);
  let top = 0;

  function reserve(bytes: number): Pointer {
    const at = top;
    top += (bytes + 31) & ~15;
    const missing = top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    return at;
  }

  function place(values: Int32Array | Uint32Array | Uint16Array | Uint8Array): Pointer {
    const at = reserve(values.byteLength);
    new Uint8Array(memory.buffer).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    return at;
  }

  const filterSets = filters.members.length / 8;
  const sets = [outputs.next, outputs.members, filters.next, filters.members].map(place);
  const table = reserve((outputs.members.length / 8) * filterSets);
  const kept = top;
  return {
    barriers({ elements, together, elementOf, classOf, classOfFilter }, bits) {
      const [rows, filterCount] = [elementOf.length, classOfFilter.length];
      top = kept;
      const firstWord = bits.filterFrom >>> 5;
      const placed = [elementOf, classOf, classOfFilter].map(place);
      const [rowBits, filterBits] = [place(bits.rows), place(bits.filters.subarray(firstWord))];
      const scratch = reserve(32 + 4 * (3 * elements + 2 * rows + 2 * filterCount));
      const sumsAt = reserve(64);
      const sums = new Float64Array(memory.buffer, sumsAt, 8).fill(0);
      outerBarriers(
        ...[bits.reductions, rowBits, rows, filterBits, bits.filterFrom & 31, bits.filterStride, filterCount],
        ...[...placed, ...sets, filterSets, table, elements, activationVector, weightVector, together, banks],
        ...[scratch, sumsAt],
      );
      const [cycles, waiting, bricks, conflicts, products, landed, activationWords, weightWords] = sums;
      return { cycles, waiting, bricks, conflicts, products, landed, activationWords, weightWords };
    },
  };
}
