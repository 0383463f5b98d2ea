import { SparsityError } from '../errors.js';
import type { MagnitudeGroups } from './group-lists.js';
import { ownMemory } from './own-memory.js';
import type { Pointer, WasmFunction } from './wasm-functions.js';

/** Weights as [outer, length, inner], in groups along `length`. */
export interface GroupedAxis {
  readonly outer: number;
  readonly length: number;
  /** 1, or 4 and more. */
  readonly inner: number;
}

/** Kernels that make masks of groups, see `LaneKernels`; false, and what is written is of no use, where a weight is NaN or infinite. */
export interface GroupMaskKernels {
  /** Writes the weights that stay in their groups, and 0 for the others; `scratch` of 32 m bytes. */
  keepInGroups(weights: Pointer, axis: GroupedAxis, groups: MagnitudeGroups, scratch: Pointer, kept: Pointer): boolean;
  /** Writes the mask, a byte a weight; `inner` is 4 or more. */
  groupMask(weights: Pointer, axis: GroupedAxis, groups: MagnitudeGroups, mask: Pointer): boolean;
}

/** @param wasm the functions of the module, on the memory of all pointers. */
export function groupMaskKernels(wasm: Readonly<Record<string, WasmFunction>>): GroupMaskKernels {
  const infinity = 0x7f800000;
  return {
    keepInGroups(weights, { outer, length, inner }, { n, m }, scratch, kept) {
      const largest =
        inner === 1
          ? wasm.keepAlong(weights, outer, length, m, n, scratch, kept)
          : wasm.keepAcross(weights, outer, length, inner, m, n, kept);
      return largest < infinity;
    },
    groupMask: (weights, { outer, length, inner }, { n, m }, mask) =>
      wasm.maskAcross(weights, outer, length, inner, m, n, mask) < infinity,
  };
}

/**
 * Of each `m` values in a row of `length` the `n` of the largest magnitude, ties to the lowest index, and 0 for the others; the last group of
 * a row may be shorter. Undefined where a value is NaN or infinite.
 *
 * @throws SparsityError where the values are not whole rows.
 * @example
 * ```ts
 * largestInRows(Float32Array.of(1, -1, 0.5, 2), 4, {n: 2, m: 4}); // [1, 0, 0, 2]
 * ```
 */
export function largestInRows(values: Float32Array, length: number, groups: MagnitudeGroups): Float32Array | undefined {
  if (!(Number.isInteger(length) && length > 0 && values.length % length === 0)) {
    throw new SparsityError({
      what: 'length of a row',
      got: length,
      expected: `a whole number that divides the ${values.length} values`,
      fix: 'give the length of the last axis',
    });
  }
  const { memory, wasm, areas } = ownMemory([4 * values.length, 4 * values.length, 32 * groups.m]);
  const [valuesAt, keptAt, scratch] = areas;
  new Float32Array(memory.buffer, valuesAt, values.length).set(values);
  const axis = { outer: values.length / length, length, inner: 1 };
  if (!groupMaskKernels(wasm).keepInGroups(valuesAt, axis, groups, scratch, keptAt)) return undefined;
  return new Float32Array(memory.buffer, keptAt, values.length).slice();
}
