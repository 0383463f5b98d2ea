import { SparsityError } from '../errors.js';
import type { LoopNest, Size3 } from './contracts.js';
import { forwardAxis, pairs } from './nest-axes.js';

/** Sizes of {@link denseNest}. */
export interface DenseNestOptions {
  /** Rows of the batch, at least 1. */
  readonly batch: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** Sizes of {@link convNest}; sizes per axis have one to three numbers: width, height and width, or depth, height and width. */
export interface ConvNestOptions {
  /** Images, at least 1. */
  readonly batch: number;
  /** Input map, without channels. */
  readonly inSize: readonly number[];
  readonly inChannels: number;
  /** All output channels; for a depthwise layer inChannels times its multiplier. */
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  /** @default 1 for each axis */
  readonly stride?: readonly number[];
  /** `same` and `valid` as in TensorFlow, or the zeros per axis: on both sides, or [before, after]. @default 'valid' */
  readonly padding?: 'same' | 'valid' | readonly (number | readonly [number, number])[];
  /** @default 1 for each axis */
  readonly dilation?: readonly number[];
  /** inChannels for a depthwise layer. @default 1 */
  readonly groups?: number;
  /** True for the nest of a transposed convolution: `inSize` and `inChannels` are then those of the layer's output. @default false */
  readonly transposed?: boolean;
}

/**
 * The loop nest of a dense layer: a 1x1 convolution of 1x1 maps.
 *
 * @throws SparsityError when a size is not a positive integer.
 * @example
 * ```ts
 * denseMacs(denseNest({batch: 2, inFeatures: 3, outFeatures: 4})); // 24
 * ```
 */
export function denseNest({ batch, inFeatures, outFeatures }: DenseNestOptions): LoopNest {
  return convNest({ batch, inSize: [1], inChannels: inFeatures, outChannels: outFeatures, kernelSize: [1] });
}

/**
 * The loop nest of a convolution over one, two or three axes; the output size follows from the padding rule.
 *
 * @throws SparsityError when a size is not a positive integer, the groups do not divide the channels, or the kernel does not fit.
 * @example
 * ```ts
 * const nest = convNest({batch: 1, inSize: [8, 8], inChannels: 3, outChannels: 4, kernelSize: [3, 3], padding: 'same'});
 * nest.outSize; // [1, 8, 8]
 * ```
 */
export function convNest(options: ConvNestOptions): LoopNest {
  const { batch, inChannels, outChannels, groups = 1, padding = 'valid', transposed = false } = options;
  const rank = options.inSize.length;
  if (rank < 1 || rank > 3) fail('inSize', options.inSize, 'one to three sizes', 'leave out the batch and the channels');
  const size3 = (what: string, sizes: readonly number[]): Size3 => {
    if (sizes.length !== rank) fail(what, sizes, `${rank} numbers, as inSize has`, 'pass one number per axis of the map');
    for (const size of sizes) positive(what, size);
    return lead(sizes, 1);
  };
  positive('batch', batch);
  positive('inChannels', inChannels);
  positive('outChannels', outChannels);
  positive('groups', groups);
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    fail(
      'groups',
      groups,
      `a divisor of ${inChannels} and ${outChannels} channels`,
      'use groups = inChannels for depthwise layers',
    );
  }
  const ones = new Array<number>(rank).fill(1);
  const inSize = size3('inSize', options.inSize);
  const kernelSize = size3('kernelSize', options.kernelSize);
  const stride = size3('stride', options.stride ?? ones);
  const dilation = size3('dilation', options.dilation ?? ones);
  const reach = (axis: number) => (kernelSize[axis] - 1) * dilation[axis] + 1;
  const pads = [0, 1, 2].map((axis) => padOf(axis));
  const outSize = pads.map(([before, after], axis) => {
    const out = Math.floor((inSize[axis] + before + after - reach(axis)) / stride[axis]) + 1;
    if (out < 1) fail('kernelSize', options.kernelSize, 'a kernel that fits the padded input', "use padding: 'same'");
    return out;
  });
  const padBefore = lead(
    pads.map(([before]) => before),
    0,
  );
  return {
    batch,
    inSize,
    outSize: lead(outSize, 1),
    kernelSize,
    stride,
    padBefore,
    dilation,
    inChannels,
    outChannels,
    groups,
    transposed,
  };

  function padOf(axis: number): readonly [number, number] {
    if (padding === 'valid') return [0, 0];
    if (padding === 'same') {
      const total = Math.max(0, (Math.ceil(inSize[axis] / stride[axis]) - 1) * stride[axis] + reach(axis) - inSize[axis]);
      return [total >> 1, total - (total >> 1)];
    }
    if (!Array.isArray(padding) || padding.length !== rank)
      fail('padding', padding, "'same', 'valid' or one entry per axis", "use 'same'");
    if (axis < 3 - rank) return [0, 0];
    const pad: number | readonly [number, number] = padding[axis - (3 - rank)];
    const [before, after] = typeof pad === 'number' ? [pad, pad] : pad;
    if (!(Number.isInteger(before) && before >= 0 && Number.isInteger(after) && after >= 0)) {
      fail('padding', padding, 'integers of at least 0', 'crop the input where less than nothing is to be padded');
    }
    return [before, after];
  }
}

/**
 * Multiply-accumulates of a nest, for each of the three training GEMMs: batch * inChannels / groups * outChannels * product over the
 * axes of the pairs (output pixel, tap) that lie inside the input. Padding is not counted.
 *
 * @example
 * ```ts
 * denseMacs(convNest({batch: 1, inSize: [4], inChannels: 1, outChannels: 1, kernelSize: [3], padding: 'same'})); // 10
 * ```
 */
export function denseMacs(nest: LoopNest): number {
  const positions = [0, 1, 2].reduce((product, axis) => product * pairs(forwardAxis(nest, axis)), 1);
  return nest.batch * (nest.inChannels / nest.groups) * nest.outChannels * positions;
}

function lead(sizes: readonly number[], filler: number): Size3 {
  return [...new Array<number>(3 - sizes.length).fill(filler), ...sizes] as unknown as Size3;
}

function positive(what: string, value: number): void {
  if (!(Number.isInteger(value) && value > 0)) fail(what, value, 'a positive integer', 'check the shape of the layer');
}

function fail(what: string, got: unknown, expected: string, fix: string): never {
  throw new SparsityError({ what: `loop nest: ${what}`, got, expected, fix });
}
