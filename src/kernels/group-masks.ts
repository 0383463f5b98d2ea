import type { MagnitudeGroups } from './group-lists.js';
import type { Pointer, WasmFunction } from './wasm-functions.js';

/** Weights as [outer, length, inner], in groups along `length`. */
export interface GroupedAxis {
  readonly outer: number;
  readonly length: number;
  /** 1, or 4 and more. */
  readonly inner: number;
}

/** Kernels that make masks of groups, see `LaneKernels`. */
export interface GroupMaskKernels {
  /**
   * Writes 1 for each weight that stays in its group, 0 for the others, in float32; `scratch` of 32 m bytes. False, and the mask is of no
   * use, where a weight is NaN or infinite.
   */
  groupMask(weights: Pointer, axis: GroupedAxis, groups: MagnitudeGroups, scratch: Pointer, mask: Pointer): boolean;
}

/** @param wasm the functions of the module, on the memory of all pointers. */
export function groupMaskKernels(wasm: Readonly<Record<string, WasmFunction>>): GroupMaskKernels {
  const infinity = 0x7f800000;
  return {
    groupMask(weights, { outer, length, inner }, { n, m }, scratch, mask) {
      const largest =
        inner === 1
          ? wasm.groupMaskAlong(weights, outer, length, m, n, scratch, mask)
          : wasm.groupMaskAcross(weights, outer, length, inner, m, n, mask);
      return largest < infinity;
    },
  };
}
