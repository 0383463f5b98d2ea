import { ownMemory } from './own-memory.js';
import { type Pointer, wasmFunctions } from './wasm-functions.js';

/**
 * The non-zeros of a kernel as the lane kernels walk them: those of output row `o` are `rowStart[o] .. rowStart[o + 1] - 1`. Offsets
 * are bytes from the place of an output pixel in the padded input to the lanes that a non-zero multiplies.
 */
export interface OffsetList {
  readonly rowStart: Uint32Array;
  readonly offsets: Uint32Array;
  /** Index in the dense kernel, [kh, kw, in, out] row-major. */
  readonly order: Uint32Array;
}

/** Columns of a kernel that lie side by side in each row. */
export interface Run {
  /** Index in the dense kernel of its first column in row 0. */
  readonly start: number;
  /** Offset of the first column. */
  readonly offset: number;
}

/**
 * How many weights a mask keeps.
 *
 * @param mask a byte a weight, 0 or 1.
 * @example
 * ```ts
 * countOnes(Uint8Array.of(1, 0, 1)); // 2
 * ```
 */
export function countOnes(mask: Uint8Array): number {
  const { memory } = ownMemory([mask.length]);
  new Uint8Array(memory.buffer).set(mask);
  return wasmFunctions(memory).countOnes(0, mask.length);
}

/** The list of a kernel whose row r and column k lie at k * rows + r; a column's entries have its offset. */
export function listAcross(mask: Uint8Array, rows: number, columnOffsets: Uint32Array): OffsetList {
  const columns = columnOffsets.length;
  return listed(mask, rows, [columnOffsets], (wasm, at, [offsetsAt], rowStart, offsets, order) =>
    wasm.listAcross(at, rows, columns, offsetsAt, rowStart, offsets, order),
  );
}

/** The list of a kernel whose row r holds runs of `width` columns, r * width behind their starts; offsets in a run are `step` apart. */
export function listAlong(mask: Uint8Array, rows: number, runs: readonly Run[], width: number, step: number): OffsetList {
  const [starts, firsts] = [runs.map(({ start }) => start), runs.map(({ offset }) => offset)].map((all) => Uint32Array.from(all));
  return listed(mask, rows, [starts, firsts], (wasm, at, [startsAt, firstsAt], rowStart, offsets, order) =>
    wasm.listAlong(at, rows, runs.length, width, startsAt, firstsAt, step, rowStart, offsets, order),
  );
}

function listed(
  mask: Uint8Array,
  rows: number,
  tables: readonly Uint32Array[],
  build: (
    wasm: ReturnType<typeof wasmFunctions>,
    mask: Pointer,
    tables: readonly Pointer[],
    rowStart: Pointer,
    offsets: Pointer,
    order: Pointer,
  ) => void,
): OffsetList {
  const room = 4 * countOnes(mask);
  const { memory, areas } = ownMemory([mask.length, 4 * (rows + 1), room, room, ...tables.map(({ byteLength }) => byteLength)]);
  const [maskAt, rowStart, offsets, order, ...tablesAt] = areas;
  const words = (at: Pointer, count: number) => new Uint32Array(memory.buffer, at, count);
  new Uint8Array(memory.buffer).set(mask, maskAt);
  tables.forEach((table, i) => {
    words(tablesAt[i], table.length).set(table);
  });
  build(wasmFunctions(memory), maskAt, tablesAt, rowStart, offsets, order);
  const count = words(rowStart, rows + 1)[rows];
  return {
    rowStart: words(rowStart, rows + 1).slice(),
    offsets: words(offsets, count).slice(),
    order: words(order, count).slice(),
  };
}
