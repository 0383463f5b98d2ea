import fc from 'fast-check';
import { type CountProfile, channels, keptCount, wholeBlocks } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { anyKernel, anySparsity, kernelInfo, sum } from './kernel-info.js';

/** Blocks by walking over coordinates: the members of each, in row-major order of the blocks. */
function blocksOf(shape: readonly number[], widths: readonly number[]): number[][] {
  const blocks = new Map<string, { at: number[]; members: number[] }>();
  const size = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < size; i++) {
    let rest = i;
    const at = shape.map(() => 0);
    for (let d = shape.length - 1; d >= 0; d--) {
      at[d] = Math.floor((rest % shape[d]) / widths[d]);
      rest = Math.floor(rest / shape[d]);
    }
    const block = blocks.get(at.join()) ?? { at, members: [] };
    block.members.push(i);
    blocks.set(at.join(), block);
  }
  return [...blocks.values()]
    .sort((a, b) => a.at.reduce((order, place, d) => order || place - b.at[d], 0))
    .map(({ members }) => members);
}

/** The obvious way: pool, sort, take the first. */
function slowMask(scores: Float32Array, blocks: number[][], sparsity: number, pooling: 'average' | 'max'): number[] {
  const pooled = blocks.map((members) => {
    const values = members.map((i) => scores[i]).filter((score) => score !== Number.NEGATIVE_INFINITY);
    if (values.length === 0) return Number.NEGATIVE_INFINITY;
    return Math.fround(pooling === 'max' ? Math.max(...values) : sum(values) / values.length);
  });
  const order = pooled.map((_, i) => i).sort((a, b) => pooled[b] - pooled[a] || a - b);
  const mask: number[] = Array(scores.length).fill(0);
  for (const block of order.slice(0, keptCount(blocks.length, sparsity))) for (const i of blocks[block]) mask[i] = 1;
  return mask;
}

describe('wholeBlocks', () => {
  it('keeps exactly the count of blocks, each as a whole, and those that a sort of the pooled scores puts first', () => {
    fc.assert(
      fc.property(
        anyKernel,
        anySparsity,
        fc.constantFrom('average' as const, 'max' as const),
        fc.array(fc.constantFrom(1, 2, 3, 'all' as const), { minLength: 4, maxLength: 4 }),
        ({ info, scores }, sparsity, pooling, given) => {
          const widths = info.shape.map((length, d) => (given[d] === 'all' ? length : (given[d] as number)));
          const sides = info.shape.map((_, axis) => ({ axis, width: given[axis] }));
          const mask = wholeBlocks({ sides, pooling })(scores, info, sparsity);
          const blocks = blocksOf(info.shape, widths);
          expect(blocks.filter(([first]) => mask[first] === 1)).toHaveLength(keptCount(blocks.length, sparsity));
          for (const members of blocks) expect(new Set(members.map((i) => mask[i])).size).toBe(1);
          if (scores.every((score) => Math.abs(score) < 1e6)) {
            expect(Array.from(mask)).toEqual(slowMask(scores, blocks, sparsity, pooling));
          }
        },
      ),
    );
  });

  it('cuts a 4 x 4 kernel in four by hand: means 2, 1, 1 and 2, maxima 2, 4, 1 and 2', () => {
    const rows = [
      [2, 2, 0, 0],
      [2, 2, 0, 4],
      [1, 1, 2, 2],
      [1, 1, 2, 2],
    ];
    const sides = [
      { axis: 'input', width: 2 },
      { axis: 'output', width: 2 },
    ] as const;
    const kept = (pooling: 'average' | 'max') => {
      const mask = wholeBlocks({ sides, pooling })(Float32Array.from(rows.flat()), kernelInfo([4, 4]), 0.5);
      return [0, 2, 8, 10].map((corner) => mask[corner]);
    };
    expect(kept('average')).toEqual([1, 0, 0, 1]);
    expect(kept('max')).toEqual([1, 1, 0, 0]);
  });

  it('blocks channels by channels of a convolution at each position of its window', () => {
    const scores = Float32Array.of(...[1, 1, 1, 1], ...[3, 3, 3, 3]); // [1, 2, 2, 2]
    const sides = [
      { axis: 'input', width: 2 },
      { axis: 'output', width: 2 },
    ] as const;
    expect(Array.from(wholeBlocks({ sides })(scores, kernelInfo([1, 2, 2, 2]), 0.5))).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });

  it('counts and breaks ties as the profile says', () => {
    const tied = Float32Array.of(1, 1, 1, 1, 2, 2);
    const by = (profile: CountProfile) =>
      Array.from(wholeBlocks({ sides: [{ axis: 1, width: 2 }], profile })(tied, kernelInfo([1, 6]), 0.4));
    expect(by('default')).toEqual([1, 1, 0, 0, 1, 1]);
    expect(by('tfmot')).toEqual([1, 1, 1, 1, 1, 1]);
    expect(by('sparseml')).toEqual([0, 0, 0, 0, 1, 1]);
  });

  it('refuses a width of 0, an axis twice, an axis that is none, and under tfmot more than two axes', () => {
    const on = (sides: Parameters<typeof wholeBlocks>[0]['sides']) => () =>
      wholeBlocks({ sides })(new Float32Array(4), kernelInfo([2, 2]), 0.5);
    expect(on([{ axis: 0, width: 0 }])).toThrow('sides[0].width: got 0');
    expect(
      on([
        { axis: 'input', width: 2 },
        { axis: 0, width: 2 },
      ]),
    ).toThrow('each axis once');
    expect(on([{ axis: 'inputs' as 'input', width: 2 }])).toThrow('Did you mean input');
    const conv = wholeBlocks({ sides: [{ axis: 0, width: 2 }], profile: 'tfmot' });
    expect(() => conv(new Float32Array(4), kernelInfo([1, 2, 2]), 0.5)).toThrow('two axes, as tfmot wants');
  });
});

describe('channels', () => {
  it('is whole blocks that reach over all other axes', () => {
    fc.assert(
      fc.property(anyKernel, anySparsity, fc.nat(3), ({ info, scores }, sparsity, at) => {
        const axis = at % info.shape.length;
        const sides = info.shape.map((_, d) => ({ axis: d, width: d === axis ? 1 : ('all' as const) }));
        expect(channels({ axis })(scores, info, sparsity)).toEqual(wholeBlocks({ sides })(scores, info, sparsity));
      }),
    );
  });

  it('prunes filters of a convolution by default, and of a depthwise one the pairs of channel and multiplier', () => {
    const scores = Float32Array.of(1, 2, 3, 0, 1, 2, 3, 9); // window of 2, four filters each
    expect(Array.from(channels()(scores, kernelInfo([2, 1, 1, 4]), 0.5))).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
    expect(Array.from(channels()(scores, kernelInfo([2, 1, 2, 2], 'depthwiseConv2d'), 0.75))).toEqual([0, 0, 0, 1, 0, 0, 0, 1]);
  });
});
