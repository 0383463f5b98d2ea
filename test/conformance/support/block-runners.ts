import {
  type BlockSide,
  type CountProfile,
  channels,
  erdosRenyiAllocation,
  type KernelInfo,
  transposableNm,
  wholeBlocks,
} from 'tfjs-sparsity/pruning';
import { expect } from 'vitest';
import { SparsityError } from '../../../src/errors.js';
import { runCount, runsAlong } from '../../../src/pruning/patterns/runs.js';
import { expectKeys, expectMask, expectNear } from './compare.js';
import { along, infoOf, magnitudesOf, profileOf, scoresOf, sizeOf } from './kernels.js';
import { LeftOut, note } from './left-out.js';
import { type Runners, shapeOf, type Value } from './pruning-cases.js';

/** A kernel whose axes beyond the second are one: what is blocked is the first two, and the rest goes with them. */
function firstTwo(shape: readonly number[]): { info: KernelInfo; rest: number } {
  if (shape.length < 2) return { info: infoOf(shape), rest: 1 };
  const rest = sizeOf(shape.slice(2));
  return { info: infoOf(shape.length === 2 ? shape : [shape[0], shape[1], rest]), rest };
}

function poolingOf(text: string): 'average' | 'max' {
  if (text === 'AVG') return 'average';
  if (text === 'MAX') return 'max';
  throw new Error(`unknown pooling: ${text}`);
}

function blockMask(scores: Float32Array, info: KernelInfo, input: Value, profile: CountProfile): Uint8Array {
  const [rows, columns] = input.block ?? input.block_size;
  const rest: BlockSide[] = info.shape.length > 2 ? [{ axis: 2, width: 'all' }] : [];
  const sides: BlockSide[] = [{ axis: 0, width: rows }, { axis: 1, width: columns }, ...rest];
  return wholeBlocks({ sides, pooling: poolingOf(input.pooling), profile })(scores, info, input.sparsity);
}

/** tfmot pads half of what is missing before, so its pooling windows and the blocks that it prunes are not the same weights. */
const isShifted = (length: number, width: number) => (width - (length % width)) % width >= 2;

/** jaxpruner pads by the remainder instead of by what is missing to a block: where that is too little, its mask does not cover the kernel. */
const isUncovered = (length: number, width: number) =>
  Math.floor((length + (length % width)) / width) < Math.ceil(length / width);

function channelMask({ scores, axis, sparsity, score = 'sum over other axes' }: Value): Uint8Array {
  if (score !== 'sum over other axes') throw new Error(`unknown score of a channel: ${score}`);
  const kernel = along(shapeOf(scores), axis);
  return channels({ axis: kernel.axis, profile: 'jaxpruner' })(scoresOf(scores), kernel.info, sparsity);
}

/** The masks of block x block weights with n ones in each row and column, by trying all rows. */
function regularMasks(block: number, n: number): number {
  const rows = Array.from({ length: 2 ** block }, (_, bits) => Array.from({ length: block }, (_, i) => (bits >> i) & 1)).filter(
    (row) => row.reduce((sum, bit) => sum + bit, 0) === n,
  );
  let sums = new Map([[Array(block).fill(0).join(), 1]]);
  for (let i = 0; i < block; i++) {
    const next = new Map<string, number>();
    for (const [key, ways] of sums) {
      for (const row of rows) {
        const sum = key.split(',').map((value, at) => Number(value) + row[at]);
        if (Math.max(...sum) <= n) next.set(sum.join(), (next.get(sum.join()) ?? 0) + ways);
      }
    }
    sums = next;
  }
  return sums.get(Array(block).fill(n).join()) ?? 0;
}

/** How many masks the pattern tells apart: each regular mask, given as scores, must come back as itself. */
function distinctMasks(block: number, n: number): number {
  const info = infoOf([block, block]);
  const pattern = transposableNm({ n, m: block });
  const found = new Set<string>();
  for (let bits = 0; bits < 2 ** (block * block); bits++) {
    const scores = Float32Array.from({ length: block * block }, (_, i) => (bits >> i) & 1);
    if (scores.reduce((sum, bit) => sum + bit, 0) !== n * block) continue;
    found.add(pattern(scores, info, 0.5).join(''));
  }
  return found.size;
}

const sumKept = (scores: Float32Array, mask: Uint8Array) => scores.reduce((sum, score, i) => sum + score * mask[i], 0);

/** Whole blocks and channels, transposable N:M, sparsities of layers by their shapes. */
export const blockRunners: Runners = {
  'count {block, n}': ({ input: { block, n }, expected }) => {
    expect(regularMasks(block, n)).toBe(expected);
    if (block <= 4) expect(distinctMasks(block, n)).toBe(expected);
    else note('the masks of a wide block are counted, but not made one by one');
  },

  'distribution.erk {include_kernel, power_scale, shapes, sparsity}': ({ input, expected }) => {
    const { shapes, sparsity, include_kernel: includeKernel, power_scale: powerScale } = input;
    const allocation = erdosRenyiAllocation({ includeKernel, powerScale, profile: 'rigl' });
    const kernels = Object.entries(shapes as Record<string, number[]>).map(([name, shape]) => {
      const [inputAxis, outputAxis] = [shape.length - 2, shape.length - 1];
      return { info: { ...infoOf([1, 1]), name, shape, inputAxis, outputAxis }, scores: new Float32Array(sizeOf(shape)) };
    });
    const names = kernels.map(({ info }) => info.name);
    const sparsities = allocation(kernels, sparsity);
    for (const [key, figures] of Object.entries(expected as Record<string, Record<string, number>>)) {
      if (key !== 'exact' && key !== 'upstream_2dp') throw new Error(`unknown key of expected: ${key}`);
      for (const [name, figure] of Object.entries(figures)) {
        const layer = names.findIndex((known) => known === name || known.endsWith(`.${name}`));
        if (layer < 0) throw new Error(`unknown layer: ${name}`);
        if (key === 'exact') expectNear(sparsities[layer], figure);
        else expect(Math.abs(sparsities[layer] - figure), `${name} to two decimals`).toBeLessThanOrEqual(0.00501);
      }
    }
  },

  'mask.block {block, pooling, scores, sparsity}': ({ input, expected }) => {
    const { info, rest } = firstTwo(shapeOf(input.scores));
    if (info.shape.slice(0, 2).some((length, axis) => isUncovered(length, input.block[axis])))
      throw new LeftOut('jaxpruner pads too little where the remainder is small, and its mask does not cover the kernel');
    const mask = blockMask(scoresOf(input.scores), info, input, 'jaxpruner');
    const { rule, ...masks } = expected;
    if (rule !== undefined) expect(rule).toBe('dims >=2 are pooled together');
    expectKeys(masks, { mask, mask_of_first_two_dims: mask.filter((_, i) => i % rest === 0) });
  },
  'mask.block {block_size, pooling, sparsity, weights}': (test) => {
    const { weights, block_size: widths } = test.input;
    const info = infoOf(shapeOf(weights));
    if (info.shape.some((length, axis) => isShifted(length, widths[axis])))
      throw new LeftOut('tfmot pools windows that are shifted against the blocks that it prunes');
    expectKeys(test.expected, { mask: blockMask(magnitudesOf(weights), info, test.input, profileOf(test)) });
  },
  'mask.throws {block_size, weights_shape}': ({ input: { block_size: widths, weights_shape: shape } }) => {
    const make = () =>
      blockMask(
        new Float32Array(sizeOf(shape)),
        { ...infoOf(shape), shape },
        { block: widths, pooling: 'AVG', sparsity: 0.5 },
        'tfmot',
      );
    expect(make).toThrow(SparsityError);
  },

  'mask.channel {axis, score, scores, sparsity}': ({ input, expected }) => expectKeys(expected, { mask: channelMask(input) }),
  'mask.channel {axis, scores, sparsity}': ({ input, expected }) => expectKeys(expected, { mask: channelMask(input) }),

  'mask.nm2d {weights}': ({ input: { weights }, expected }) => {
    const scores = magnitudesOf(weights);
    const by = (search: 'best' | 'greedy') => transposableNm({ n: 2, m: 4, search })(scores, infoOf(shapeOf(weights)), 0.5);
    const [best, greedy] = [by('best'), by('greedy')];
    expectKeys(expected, { best, greedy, best_sum: sumKept(scores, best), greedy_sum: sumKept(scores, greedy) });
  },

  'shape {shapes}': ({ input: { shapes }, expected }) => {
    const groups = (shapes as number[][]).map((shape) => {
      const runs = runsAlong(infoOf(shape), 'input', shape.length);
      return [runCount({ ...runs, width: runs.length }), runs.length];
    });
    expectMask(groups.flat(), expected);
  },
};
