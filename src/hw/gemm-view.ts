import { gatherRows } from '../kernels/index.js';
import { copyBits, wordsFor } from './bits.js';
import type { BitTensor, GemmWork, Role } from './contracts.js';
import { backwardKernelRows, channelPlanes, tapRows } from './gemm-rows.js';
import { type GemmShape, gemmShapes } from './gemm-shapes.js';
import { gemmSides } from './gemm-sides.js';
import { nestPhase, rowsPerTap, tapsPerRow } from './nest-axes.js';

/**
 * One GEMM of a work, as bits: output (row, column) is the dot product of `rowBits(row, 1)` and row `column` of `kernelRows()`, both
 * packed along the reduction dimension. Rows are made on demand (implicit im2col); nothing of size m * k is kept.
 *
 * | phase | row | column | reduction, last index fastest |
 * |---|---|---|---|
 * | forward | image, output pixel | output channel | tap, input channel |
 * | inputGradient | image, input pixel | input channel | tap (descending), output channel |
 * | weightGradient | tap, input channel | output channel | image, output pixel |
 *
 * In a transposed layer forward and inputGradient change places, and the rows of the weight gradient come from E.
 */
export interface GemmView {
  readonly group: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** ceil(k / 32), for rows and kernel rows alike; bits behind the k-th are 0. */
  readonly wordsPerRow: number;
  /** Whose bits the rows are. */
  readonly rowRole: Role;
  /** Whose bits the kernel rows are. */
  readonly kernelRole: Role;
  /** Products whose two factors exist: m * n * k less the padding. */
  readonly denseMacs: number;
  /**
   * The rows start .. start + count - 1, count * wordsPerRow words. A factor in the padding is 0 here.
   * They stand in `into` (at least as long) where that is given; else the array is new.
   */
  rowBits(start: number, count: number, into?: Uint32Array): Uint32Array;
  /** Factors of a row that exist (are not padding), zero or not: at most k. */
  existing(row: number): number;
  /** The n columns' factors, n * wordsPerRow words, made at the first call. */
  kernelRows(): Uint32Array;
  /**
   * Which outputs of rows start .. start + count - 1 are wanted, count * ceil(n / 32) words; undefined when all are.
   * Only a weight gradient whose work has an `output` has this.
   */
  readonly wantedBits: ((start: number, count: number) => Uint32Array) | undefined;
}

/**
 * Lowers a work to its GEMMs over bits: one per group of channels, and for the input gradient of a strided nest one per class of input
 * pixels with equal taps (see {@link gemmShapes}).
 *
 * @example
 * ```ts
 * const nest = denseNest({batch: 1, inFeatures: 2, outFeatures: 1});
 * const operand = (role: 'A' | 'W', values: number[]) => ({role, source: 'fc', nonzeros: bitsFrom(values, [2])});
 * const [gemm] = lowerGemm({
 *   kind: 'gemm', layer: 'fc', phase: 'forward', nest, input: operand('A', [0, 5]), kernel: operand('W', [1, 1]), imageScale: 1,
 * });
 * gemm.rowBits(0, 1)[0] & gemm.kernelRows()[0]; // 0b10: the second product is effectual
 * ```
 */
export function lowerGemm(work: GemmWork): readonly GemmView[] {
  return gemmShapes(work.nest, work.phase).flatMap((shape) =>
    nestPhase(work.nest, work.phase) === 'weightGradient' ? tapViews(work, shape) : gatherViews(work, shape),
  );
}

/** Forward and input gradient: a row gathers the source pixels under its taps. */
function gatherViews(work: GemmWork, shape: GemmShape): GemmView[] {
  const { nest, input, kernel } = work;
  const { m, n, k, groups, axes } = shape;
  const wordsPerRow = wordsFor(k);
  const forward = nestPhase(nest, work.phase) === 'forward';
  const channels = forward ? nest.inChannels : nest.outChannels;
  const perGroup = channels / groups;
  const depthTaps = tapsPerRow(axes[0]);
  const heightTaps = tapsPerRow(axes[1]);
  const widthTaps = tapsPerRow(axes[2]);
  const kernelWords = forward
    ? once(() => channelPlanes(kernel.nonzeros.words, n * groups, k, 1))
    : once(() => backwardKernelRows(work, shape));
  return Array.from({ length: groups }, (_, group) => ({
    group,
    m,
    n,
    k,
    wordsPerRow,
    rowRole: input.role,
    kernelRole: kernel.role,
    denseMacs: shape.denseMacs / groups,
    rowBits(start, count, into) {
      const rows = into?.subarray(0, count * wordsPerRow) ?? new Uint32Array(count * wordsPerRow);
      gatherRows(input.nonzeros.words, axes, { channels, first: group * perGroup, count: perGroup }, start, rows, wordsPerRow);
      return rows;
    },
    existing(row) {
      const x = row % axes[2].count;
      const y = Math.floor(row / axes[2].count) % axes[1].count;
      const z = Math.floor(row / (axes[2].count * axes[1].count)) % axes[0].count;
      return depthTaps[z] * heightTaps[y] * widthTaps[x] * perGroup;
    },
    kernelRows: () => kernelWords().subarray(group * n * wordsPerRow, (group + 1) * n * wordsPerRow),
    wantedBits: undefined,
  }));
}

/** Weight gradient: a row is one tap of one input channel, over all images and output pixels. */
function tapViews(work: GemmWork, shape: GemmShape): GemmView[] {
  const { nest, output } = work;
  const { m, n, k, groups, axes } = shape;
  const [x, y] = gemmSides(work);
  const wordsPerRow = wordsFor(k);
  const perGroup = nest.inChannels / groups;
  const stride = nest.stride[2];
  const inRows = nest.batch * nest.inSize[0] * nest.inSize[1];
  const rowWords = once(() => channelPlanes(x.nonzeros.words, nest.inChannels, inRows * nest.inSize[2], stride, nest.inSize[2]));
  const kernelWords = once(() => channelPlanes(y.nonzeros.words, nest.outChannels, k, 1));
  const [depthRows, heightRows, widthRows] = axes.map(rowsPerTap);
  const heightTaps = axes[1].taps.length;
  const widthTaps = axes[2].taps.length;
  return Array.from({ length: groups }, (_, group) => ({
    group,
    m,
    n,
    k,
    wordsPerRow,
    rowRole: x.role,
    kernelRole: y.role,
    denseMacs: shape.denseMacs / groups,
    rowBits(start, count, into) {
      const rows = into?.subarray(0, count * wordsPerRow) ?? new Uint32Array(count * wordsPerRow);
      tapRows(rowWords(), nest, axes, group, start, rows, wordsPerRow);
      return rows;
    },
    existing(row) {
      const tap = Math.floor(row / perGroup);
      const depth = Math.floor(tap / (heightTaps * widthTaps));
      const height = Math.floor(tap / widthTaps) % heightTaps;
      return nest.batch * depthRows[depth] * heightRows[height] * widthRows[tap % widthTaps];
    },
    kernelRows: () => kernelWords().subarray(group * n * wordsPerRow, (group + 1) * n * wordsPerRow),
    wantedBits: output && ((start, count) => wantedRows(output.nonzeros, nest.outChannels, group * n, n, start, count)),
  }));
}

function wantedRows(
  wanted: BitTensor,
  columns: number,
  firstColumn: number,
  n: number,
  start: number,
  count: number,
): Uint32Array {
  const wordsPerRow = wordsFor(n);
  const rows = new Uint32Array(count * wordsPerRow);
  for (let i = 0; i < count; i++) copyBits(wanted.words, (start + i) * columns + firstColumn, rows, i * wordsPerRow * 32, n);
  return rows;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
