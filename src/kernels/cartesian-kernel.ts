import type { CartesianGrid, CartesianSums, PlacedList } from './cartesian-reference.js';
import { type Pointer, wasmFunctions } from './wasm-functions.js';

/** A list in the kernel's memory. */
export interface StoredList {
  readonly first: Pointer;
  readonly rows: Pointer;
  readonly cols: Pointer;
  readonly hashes: Pointer;
}

/** {@link cartesianReference} on a memory of its own, for one grid. */
export interface CartesianKernel {
  /** Copies a list into the memory. */
  keep(list: PlacedList): StoredList;
  /** Forgets all lists kept since `mark` was called. */
  mark(): () => void;
  /** Adds what `channels` barriers cost to the sums. */
  barriers(channels: number, a: StoredList, aBucket: number, w: StoredList, wBucket: number): void;
  sums(): CartesianSums;
}

/**
 * Creates the kernel for a grid, with a memory that grows to the lists it keeps.
 *
 * @example
 * ```ts
 * const list = (hash: number) => ({
 *   first: Uint32Array.of(0, 1), rows: Uint32Array.of(0), cols: Uint32Array.of(0), hashes: Uint8Array.of(hash),
 * });
 * const kernel = createCartesianKernel({
 *   elements: 1, phases: 1, activationVector: 4, weightVector: 4, banks: 32,
 *   rowHashes: Uint8Array.of(0), colHashes: Uint8Array.of(0), firstRow: 0, firstCol: 0,
 * });
 * kernel.barriers(1, kernel.keep(list(0)), 0, kernel.keep(list(3)), 0);
 * kernel.sums().cycles; // 1
 * ```
 */
export function createCartesianKernel(grid: CartesianGrid): CartesianKernel {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { cartesianBarriers } = wasmFunctions(memory);
  const { elements, phases } = grid;
  let top = 0;

  function place(values: Uint8Array | Uint32Array): Pointer {
    const at = top;
    top += 16 * Math.ceil(values.byteLength / 16);
    const missing = top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    new Uint8Array(memory.buffer).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    return at;
  }

  const sumsAt = place(new Uint8Array(64));
  const oneHots = new Uint8Array(256 * 32);
  for (let hash = 0; hash < 32; hash++) oneHots[32 * hash + (hash % grid.banks)] = 1;
  const oneHotsAt = place(oneHots);
  const rowHashes = place(grid.rowHashes) + grid.firstRow;
  const colHashes = place(grid.colHashes) + grid.firstCol;
  return {
    keep: ({ first, rows, cols, hashes }) => ({
      first: place(first),
      rows: place(rows),
      cols: place(cols),
      hashes: place(hashes),
    }),
    mark() {
      const before = top;
      return () => {
        top = before;
      };
    },
    barriers(channels, a, aBucket, w, wBucket) {
      cartesianBarriers(
        ...[channels, a.first + 4 * aBucket, a.rows, a.cols, w.first + 4 * wBucket, w.rows, w.cols, w.hashes],
        ...[elements, phases, grid.activationVector, grid.weightVector, rowHashes, colHashes, oneHotsAt, sumsAt],
      );
    },
    sums() {
      const [cycles, waiting, bricks, conflicts, products, landed, activationWords, weightWords] = new Float64Array(
        memory.buffer,
        sumsAt,
        8,
      );
      return { cycles, waiting, bricks, conflicts, products, landed, activationWords, weightWords };
    },
  };
}
