import type { ConvGeometry } from './geometry.js';
import { type GroupKernels, groupKernels } from './group-lists.js';
import { type GroupMaskKernels, groupMaskKernels } from './group-masks.js';
import { crewOn } from './kernel-crew.js';
import { type LaneMapKernels, laneMapKernels, windowNumbers } from './lane-map-kernels.js';
import { type MaskListKernels, maskListKernels } from './mask-lists.js';
import type { Frame } from './offset-lists.js';
import { outputShares, type ProductShare, productShares } from './product-shares.js';
import { type UpdateKernels, updateKernels } from './update-kernels.js';
import { bestKernelBuild, type Pointer, wasmFunctions } from './wasm-functions.js';

/** An offset list in memory, see `OffsetList`. The values that go with it lie in its order. */
export interface ListPointers {
  readonly rowStart: Pointer;
  readonly offsets: Pointer;
  readonly rows: number;
  /** Parts of the list that follow one another, each with all rows: `rowStart` holds `segments * rows + 1` words. */
  readonly segments: number;
  /** Whether an entry stands for four rows, see `inQuads`; `rows` counts them all the same. */
  readonly quads: boolean;
}

/** A map of lanes that a product reads or writes, with bytes from block to block, row to row and pixel to pixel of the product. */
export interface LaneMap {
  readonly pointer: Pointer;
  readonly block: number;
  readonly row: number;
  readonly pixel: number;
}

/** How many products there are: blocks of 32 images, output rows, output columns. */
export type LaneCounts = readonly [blocks: number, height: number, width: number];

/** Kernels on activations in lanes, [block][pixel][channel][32 images], at addresses in one memory. They overwrite their outputs. */
export interface LaneKernels extends LaneMapKernels, GroupKernels, GroupMaskKernels, MaskListKernels, UpdateKernels {
  /** y = bias + sum over the list's non-zeros of value x, and relu of it where asked; `bias` 0 for none. */
  product(list: ListPointers, values: Pointer, bias: Pointer, relu: boolean, x: LaneMap, y: LaneMap, counts: LaneCounts): void;
  /** The gradient of the list's values: for each the sum over pixels and images of x dy. Partials: 16 bytes per value. */
  weightGradient(list: ListPointers, gradient: Pointer, partials: Pointer, x: LaneMap, dy: LaneMap, counts: LaneCounts): void;
  /** gradient [channels] = sum over pixels and images of dy. */
  biasGradient(dy: Pointer, pixels: number, channels: number, gradient: Pointer): void;
  /** target[i] = source[order[i]]. */
  permute(source: Pointer, order: Pointer, target: Pointer, count: number): void;
  /** target[order[i]] = source[i]. */
  scatter(source: Pointer, order: Pointer, target: Pointer, count: number): void;
  /** target[i] = byte i of a mask, as float32. */
  expandMask(mask: Pointer, target: Pointer, count: number): void;
  /** Images [batch][features] into lanes; those without an image are 0. */
  toLanes(images: Pointer, batch: number, features: number, lanes: Pointer): void;
  /** Lanes of a map of `rows` rows into images [batch][rows][rowFeatures]; only the map's own block and row strides count. */
  fromLanes(lanes: Omit<LaneMap, 'pixel'>, batch: number, rows: number, rowFeatures: number, images: Pointer): void;
  /** Blocks of `height` rows into frames of zeros; `left` and `right` in bytes, `top` and `bottom` in rows. */
  pad(
    source: Pointer,
    target: Pointer,
    blocks: number,
    height: number,
    rowBytes: number,
    top: number,
    bottom: number,
    left: number,
    right: number,
  ): void;
  /**
   * Errors before relu into frames of zeros, in pixels: out = dy where y is above 0, else 0; and gradient [channels], that of the bias. Scratch
   * of 16 bytes a channel.
   */
  reluError(
    y: Pointer,
    dy: Pointer,
    out: Pointer,
    gradient: Pointer,
    scratch: Pointer,
    shape: readonly number[],
    frame: Frame,
  ): void;
  /** {@link LaneKernels.reluError} of a map that is max-pooled by windows `g` side by side; `pooled` and dy are of the pooled map. */
  pooledError(
    y: Pointer,
    pooled: Pointer,
    dy: Pointer,
    out: Pointer,
    gradient: Pointer,
    scratch: Pointer,
    shape: readonly number[],
    frame: Frame,
    g: ConvGeometry,
  ): void;
  /** out = dy where y is above 0, else 0; `count` is a multiple of 4. */
  reluGradient(y: Pointer, dy: Pointer, out: Pointer, count: number): void;
  /** y = the largest of each window, the kernel of `g`. */
  maxPool(x: Pointer, y: Pointer, blocks: number, g: ConvGeometry): void;
  /** dx = each dy at the first element of its window that equals y. */
  maxPoolGradient(x: Pointer, y: Pointer, dy: Pointer, dx: Pointer, blocks: number, g: ConvGeometry): void;
}

/**
 * Instantiates the lane kernels on a memory, once per memory.
 *
 * @param memory the memory all pointers refer to.
 * @param build which build of them; default {@link bestKernelBuild}.
 * @throws WebAssembly.CompileError where the engine has no SIMD, or not that of the build.
 * @example
 * ```ts
 * const memory = new WebAssembly.Memory({initial: 1});
 * new Float32Array(memory.buffer).set([1, 2, 3]); // three images of one feature
 * instantiateLaneKernels(memory).toLanes(0, 3, 1, 128);
 * new Float32Array(memory.buffer)[34]; // 3: image 2 is in lane 2
 * ```
 */
export function instantiateLaneKernels(memory: WebAssembly.Memory, build = bestKernelBuild()): LaneKernels {
  const wasm = wasmFunctions(memory, build);
  const crew = crewOn(memory, build);
  const strides = ({ pointer, block, row, pixel }: LaneMap) => [pointer, block, row, pixel] as const;
  const listNumbers = (list: ListPointers, { firstOutput, outputs }: ProductShare) => {
    const each = list.quads ? 4 : 1;
    return [list.offsets, list.rowStart + (4 * firstOutput) / each, outputs / each, list.segments, list.rows / each] as const;
  };
  return {
    ...laneMapKernels(wasm),
    ...groupKernels(wasm),
    ...groupMaskKernels(wasm),
    ...maskListKernels(wasm),
    ...updateKernels(wasm),
    product(list, values, bias, relu, x, y, counts) {
      const calls = productShares(crew, list, x, y, counts).map((share) => [
        ...[values, ...listNumbers(list, share), bias && bias + 4 * share.firstOutput, Number(relu)],
        ...[...strides(share.x), ...strides(share.y), ...share.counts],
      ]);
      crew.run(list.quads ? 'quadForward' : 'sparseForward', calls);
    },
    weightGradient(list, gradient, partials, x, dy, counts) {
      const calls = outputShares(crew, list, x, dy, counts).map((share) => [
        ...[...listNumbers(list, share), gradient, partials],
        ...[...strides(share.x), ...strides(share.y), ...share.counts],
      ]);
      crew.run(list.quads ? 'quadWeightGradient' : 'sparseWeightGradient', calls);
    },
    biasGradient: wasm.lanesBiasGradient,
    permute: wasm.permute,
    scatter: wasm.scatter,
    expandMask: wasm.expandMask,
    toLanes: wasm.toLanes,
    fromLanes: ({ pointer, block, row }, batch, rows, rowFeatures, images) =>
      wasm.fromLanes(pointer, block, row, batch, rows, rowFeatures, images),
    pad: wasm.padLanes,
    reluError: (y, dy, out, gradient, scratch, [blocks, height, width, channels], { top, bottom, left, right }) =>
      wasm.reluError(y, dy, out, gradient, scratch, blocks, height, width, channels, top, bottom, left, right),
    pooledError(y, pooled, dy, out, gradient, scratch, shape, { top, bottom, left, right }, g) {
      const window = [g.outHeight, g.outWidth, g.kernelHeight, g.kernelWidth];
      wasm.pooledError(y, pooled, dy, out, gradient, scratch, ...shape.slice(0, 4), top, bottom, left, right, ...window);
    },
    reluGradient: wasm.reluGradient,
    maxPool: (x, y, blocks, g) => wasm.maxPoolLanes(x, y, blocks, ...windowNumbers(g)),
    maxPoolGradient: (x, y, dy, dx, blocks, g) => wasm.maxPoolGradientLanes(x, y, dy, dx, blocks, ...windowNumbers(g)),
  };
}
