import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import { checkChoice, checkInteger } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { KernelInfo, Pattern } from '../contracts.js';
import { described } from '../described.js';
import { type CountProfile, countProfiles } from '../kept-count.js';
import { checkKernel } from './check-kernel.js';
import { keptUnits } from './kept-units.js';
import { type AxisName, axisNumber, checkAxis } from './runs.js';

/** How far a block reaches along one axis: so many neighbours, or all. */
export interface BlockSide {
  readonly axis: AxisName;
  /** At least 1; the last block of an axis is shorter where the width does not divide it. */
  readonly width: number | 'all';
}

/** Options of {@link wholeBlocks}. */
export interface WholeBlocksOptions {
  /** The sides of a block; along axes that are not named it is 1 wide. */
  readonly sides: readonly BlockSide[];
  /**
   * What a block's score is: the mean of its weights' scores, or their maximum.
   * @default 'average'
   */
  readonly pooling?: 'average' | 'max';
  /**
   * Whose count and ties hold, see {@link keptCount}; `tfmot` refuses kernels of more than two axes besides.
   * @default 'default'
   */
  readonly profile?: CountProfile;
}

/**
 * Blocks that stay or go as a whole: of all blocks of the kernel {@link keptCount} stay, those of the highest scores, ties to the lowest
 * index. The sparsity is that of blocks; where some are cut short by the kernel's edge, that of weights may differ. Weights scored
 * -Infinity do not count in a block's score, and a block of nothing else goes first. A 4 x 4 block of channels at each position of a
 * window is `sides: [{axis: 'input', width: 4}, {axis: 'output', width: 4}]`.
 *
 * @throws SparsityError for an unknown axis, one named twice, a width that is no integer of at least 1, scores that do not fit the shape or
 * are NaN, a sparsity outside [0, 1).
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 4], inputAxis: 0, outputAxis: 1} as const;
 * const pattern = wholeBlocks({sides: [{axis: 'input', width: 2}, {axis: 'output', width: 2}]});
 * pattern(Float32Array.of(1, 2, 3, 1, 4, 0, 2, 2), info, 0.5); // [0, 0, 1, 1, 0, 0, 1, 1]: means 1.75 and 2
 * ```
 */
export function wholeBlocks(options: WholeBlocksOptions): Pattern {
  checkGiven(wholeBlocks, options);
  const { sides, pooling = 'average', profile = 'default' } = options;
  if (!Array.isArray(sides)) {
    const fix = "write a list: [{axis: 'input', width: 4}]";
    throw new SparsityError({ what: 'sides', got: sides, expected: 'a list of axes and widths', fix });
  }
  sides.forEach((side, i) => {
    checkOptionNames(`sides[${i}]`, side, { axis: true, width: true });
    checkAxis(side.axis, ['input', 'output'], `sides[${i}].axis`);
    if (side.width !== 'all') checkInteger(`sides[${i}].width`, side.width, 1);
  });
  checkChoice('pooling', pooling, ['average', 'max']);
  checkChoice('profile', profile, countProfiles);
  return described({ name: 'whole-blocks', sides, pooling, profile }, (scores, info, sparsity) => {
    checkKernel(info, scores);
    if (profile === 'tfmot' && info.shape.length > 2) {
      const fix = 'use the default profile, which takes kernels of any kind';
      throw new SparsityError({ what: `kernel ${info.name}`, got: info.shape, expected: 'two axes, as tfmot wants', fix });
    }
    const blockOf = blockNumbers(info, widthsOf(sides, info));
    return keepWhole(scores, blockOf, { sparsity, pooling, profile });
  });
}

inConfig(wholeBlocks, 'whole-blocks', { sides: true, pooling: true, profile: true });

/** Options of {@link channels}. */
export interface ChannelsOptions {
  /**
   * The axis whose slices stay or go: `output` for filters, `input` for channels, or a number. Each pair of a channel and a multiplier
   * is a filter of a depthwise kernel.
   * @default 'output'
   */
  readonly axis?: AxisName;
  /**
   * What a slice's score is, see {@link WholeBlocksOptions.pooling}.
   * @default 'average'
   */
  readonly pooling?: 'average' | 'max';
  /**
   * Whose count and ties hold, see {@link keptCount}.
   * @default 'default'
   */
  readonly profile?: CountProfile;
}

/**
 * Whole channels or filters: of the slices across an axis {@link keptCount} stay, those of the highest scores, ties to the lowest index.
 *
 * @throws SparsityError for an axis the kernel lacks, scores that do not fit the shape or are NaN, a sparsity outside [0, 1).
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [2, 2], inputAxis: 0, outputAxis: 1} as const;
 * channels()(Float32Array.of(1, 2, 4, 2), info, 0.5); // [1, 0, 1, 0]
 * ```
 */
export function channels(options: ChannelsOptions = {}): Pattern {
  checkGiven(channels, options);
  const { axis = 'output', pooling = 'average', profile = 'default' } = options;
  checkAxis(axis, ['input', 'output']);
  checkChoice('pooling', pooling, ['average', 'max']);
  checkChoice('profile', profile, countProfiles);
  return described({ name: 'channels', axis, pooling, profile }, (scores, info, sparsity) => {
    checkKernel(info, scores);
    const across = axisNumber(info, axis);
    const single = new Set(info.kind === 'depthwiseConv2d' && axis === 'output' ? [info.inputAxis, across] : [across]);
    const widths = info.shape.map((length, at) => (single.has(at) ? 1 : length));
    return keepWhole(scores, blockNumbers(info, widths), { sparsity, pooling, profile });
  });
}

inConfig(channels, 'channels', { axis: true, pooling: true, profile: true });

function widthsOf(sides: readonly BlockSide[], info: KernelInfo): number[] {
  const widths = info.shape.map(() => 0);
  for (const { axis, width } of sides) {
    const at = axisNumber(info, axis);
    if (widths[at] > 0) {
      const got = `${axis} besides another name of the same axis`;
      throw new SparsityError({ what: 'sides', got, expected: 'each axis once', fix: 'leave one of the two out' });
    }
    widths[at] = width === 'all' ? info.shape[at] : width;
  }
  return widths.map((width) => width || 1);
}

/** The number of the block of each weight, blocks in row-major order. */
function blockNumbers({ shape }: KernelInfo, widths: readonly number[]): Uint32Array {
  let numbers = Uint32Array.of(0);
  shape.forEach((length, axis) => {
    const width = widths[axis];
    const blocks = Math.ceil(length / width);
    const before = numbers;
    numbers = new Uint32Array(before.length * length);
    for (let i = 0; i < numbers.length; i++) {
      numbers[i] = before[Math.floor(i / length)] * blocks + Math.floor((i % length) / width);
    }
  });
  return numbers;
}

interface Keeping {
  readonly sparsity: number;
  readonly pooling: 'average' | 'max';
  readonly profile: CountProfile;
}

function keepWhole(scores: Float32Array, blockOf: Uint32Array, { sparsity, pooling, profile }: Keeping): Uint8Array {
  const blocks = (blockOf.at(-1) ?? -1) + 1;
  const [sums, counts] = [new Float64Array(blocks), new Uint32Array(blocks)];
  const most = new Float32Array(blocks).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < scores.length; i++) {
    const block = blockOf[i];
    if (scores[i] > most[block]) most[block] = scores[i];
    if (scores[i] === Number.NEGATIVE_INFINITY) continue;
    sums[block] += scores[i];
    counts[block]++;
  }
  const averages = () => most.map((_, block) => (counts[block] === 0 ? Number.NEGATIVE_INFINITY : sums[block] / counts[block]));
  const kept = keptUnits(pooling === 'max' ? most : averages(), sparsity, profile);
  return Uint8Array.from(blockOf, (block) => kept[block]);
}
