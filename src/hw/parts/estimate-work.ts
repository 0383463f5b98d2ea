import { checkOptionNames } from '../../check-options.js';
import { countBits, countRange, sizeOf } from '../bits.js';
import type { GemmWork } from '../contracts.js';
import { forwardAxis, nestPhase, tapsPerRow, validRange } from '../nest-axes.js';
import type { RowWork } from './balance/balance-rows.js';
import { checkChoice } from './checks.js';

/** Non-zero multiplications of a work as 001 estimates them. */
export interface WorkEstimate {
  /** P of a non-zero in the kernel (Eq. 11). */
  readonly kernelDensity: number;
  /** P of a non-zero in the input, windows counted as often as they cover an element (Eq. 12). */
  readonly inputDensity: number;
  /** Eq. 13 times all multiplications of the nest, over the images present. */
  readonly multiplications: number;
  /**
   * The rows of the input map, image after image, as `balanceRows` takes them: their estimated and their dense multiplications.
   */
  readonly rows: RowWork;
}

/** Options of {@link estimateWork}. */
export interface EstimateOptions {
  /**
   * `hardware`: from the non-zeros per row that the controller keeps; all columns of a row count alike. `exact`: Eq. 12, each element by
   * the windows that cover it.
   *
   * @default 'hardware'
   */
  readonly form?: 'hardware' | 'exact';
}

/**
 * Workload estimator of 001 (Eqs. 11 to 13, ledger 1.2.4): density of the kernel times density of the input under the windows, as
 * if they were independent. The input is what the windows slide over: A forward and in the weight gradient, E in the input
 * gradient; a row is one line of its map with all channels. The two forms differ at the left and right edges only.
 *
 * @example
 * ```ts
 * const nest = convNest({batch: 1, inSize: [4], inChannels: 1, outChannels: 1, kernelSize: [2]});
 * const input = {role: 'A', source: 'conv', nonzeros: bitsFrom([1, 0, 0, 1], [1, 1, 1, 4, 1])} as const;
 * const kernel = {role: 'W', source: 'conv', nonzeros: bitsFrom([1, 0], [1, 1, 2, 1, 1])} as const;
 * const work = {kind: 'gemm', layer: 'conv', phase: 'forward', nest, input, kernel, imageScale: 1} as const;
 * estimateWork(work, {form: 'exact'}).inputDensity; // 1/3: (1 + 0 + 1) / (2 + 2 + 2), Fig. 4
 * estimateWork(work, {form: 'exact'}).multiplications; // 1: 1/2 * 1/3 * 6
 * ```
 */
export function estimateWork(work: GemmWork, options: EstimateOptions = {}): WorkEstimate {
  checkOptionNames('estimateWork', options, { form: true });
  const { form = 'hardware' } = options;
  checkChoice('form of estimateWork', form, ['hardware', 'exact']);
  const { nest, kernel, input } = work;
  const phase = nestPhase(nest, work.phase);
  const overInput = phase === 'forward' || (phase === 'weightGradient' && !nest.transposed);
  const [size, channels] = overInput ? [nest.inSize, nest.inChannels] : [nest.outSize, nest.outChannels];
  const [depth, height, width] = [0, 1, 2].map((axis) => coverage(work, axis, overInput));
  const line = sum(width);
  const nonzeros = form === 'exact' ? coveredNonzeros : rowNonzeros;

  const kernelDensity = countBits(kernel.nonzeros) / sizeOf(kernel.nonzeros.shape);
  const partners = (overInput ? nest.outChannels : nest.inChannels) / nest.groups; // of an element, per window
  let found = 0;
  const estimated = new Float64Array(nest.batch * size[0] * size[1]);
  const dense = new Float64Array(estimated.length);
  for (let row = 0; row < estimated.length; row++) {
    const perColumn = depth[Math.floor(row / size[1]) % size[0]] * height[row % size[1]] * partners;
    const covered = nonzeros(input.nonzeros.words, row * size[2] * channels, channels, width, line);
    dense[row] = perColumn * line * channels;
    estimated[row] = perColumn * covered * kernelDensity;
    found += perColumn * covered;
  }
  const all = sum(dense);
  return {
    kernelDensity,
    inputDensity: all > 0 ? found / all : 0,
    multiplications: found * kernelDensity,
    rows: { work: estimated, dense },
  };
}

/** Windows over each coordinate of the input on one axis: pairs of an output coordinate and a tap that meet there. */
function coverage({ nest }: GemmWork, axis: number, overInput: boolean): readonly number[] {
  const gather = forwardAxis(nest, axis);
  if (!overInput) return tapsPerRow(gather);
  const windows = new Array<number>(gather.size).fill(0);
  gather.offsets.forEach((offset, tap) => {
    const [first, end] = validRange(gather, tap);
    for (let out = first; out < end; out++) windows[out * gather.scale + offset]++;
  });
  return windows;
}

type Counter = (words: Uint32Array, start: number, channels: number, width: readonly number[], line: number) => number;

/** Non-zeros of a row, each counted with the mean number of windows over a column. */
const rowNonzeros: Counter = (words, start, channels, width, line) =>
  (countRange(words, start, width.length * channels) * line) / width.length;

/** Non-zeros of a row, each counted with the windows over its column. */
const coveredNonzeros: Counter = (words, start, channels, width) =>
  sum(width.map((windows, column) => windows * countRange(words, start + column * channels, channels)));

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}
