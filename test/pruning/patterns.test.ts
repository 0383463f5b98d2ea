import fc from 'fast-check';
import { type Block, blockBudgets, channels, isNm, keptCount, nm, transposableNm, unstructured } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { SparsityError } from '../../src/errors.js';
import { anyKernel, anyScore, anySparsity, kernelInfo, normal, sum } from './kernel-info.js';

/** The obvious way: sort by score, ties by index, and take the first. */
function sortedTop(scores: ArrayLike<number>, count: number, ties: 1 | -1 = 1): number[] {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a] || ties * (a - b));
  const kept = new Set(order.slice(0, count));
  return Array.from(scores, (_, i) => Number(kept.has(i)));
}

/** The groups of a kernel along an axis, by walking over coordinates. */
function groupsAlong(shape: readonly number[], axis: number, width: number): number[][] {
  const groups = new Map<string, number[]>();
  const size = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < size; i++) {
    let rest = i;
    const place = shape.map(() => 0);
    for (let d = shape.length - 1; d >= 0; d--) {
      place[d] = rest % shape[d];
      rest = Math.floor(rest / shape[d]);
    }
    place[axis] = Math.floor(place[axis] / width);
    const key = place.join();
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  return [...groups.values()];
}

describe('unstructured', () => {
  it('keeps exactly the count, and the same weights as a stable sort', () => {
    fc.assert(
      fc.property(anyKernel, anySparsity, ({ info, scores }, sparsity) => {
        const mask = unstructured()(scores, info, sparsity);
        expect(sum(mask)).toBe(keptCount(scores.length, sparsity));
        expect(Array.from(mask)).toEqual(sortedTop(scores, keptCount(scores.length, sparsity)));
      }),
    );
  });

  it('is the same when the kept weights are scored again with the others at 0', () => {
    fc.assert(
      fc.property(anyKernel, anySparsity, ({ info, scores }, sparsity) => {
        const positive = scores.map((score) => Math.min(1e30, Math.abs(score)) + 1e-3);
        const mask = unstructured()(positive, info, sparsity);
        const again = unstructured()(
          positive.map((score, i) => score * mask[i]),
          info,
          sparsity,
        );
        expect(again).toEqual(mask);
      }),
    );
  });

  it('ranks scores that are no Float32Array by their values, as every pattern does', () => {
    const [info, scores] = [kernelInfo([4, 4]), normal(16)];
    const patterns = [
      ...(['default', 'tfmot', 'sparseml'] as const).map((profile) => unstructured({ profile })),
      nm({ n: 2, m: 4 }),
      nm({ n: 2, m: 4, profile: 'jaxpruner' }),
      nm({ n: 2, m: 4, sharedOutputs: 2 }),
      blockBudgets({ block: { kind: 'row' } }),
      channels(),
      transposableNm({ n: 2, m: 4 }),
    ];
    for (const pattern of patterns) {
      const mask = pattern(scores, info, 0.5);
      for (const other of [Float64Array.from(scores), Array.from(scores)] as unknown as Float32Array[]) {
        pattern(scores.toReversed(), info, 0.5); // what is left in memory
        expect(pattern(other, info, 0.5), pattern.config?.name).toEqual(mask);
      }
    }
  });

  it('agrees with the sort on a large kernel of many ties', () => {
    const scores = Float32Array.from({ length: 20_000 }, (_, i) => Math.fround(((i * 7919) % 1013) / 1013 - 0.2));
    expect(Array.from(unstructured()(scores, kernelInfo([100, 200]), 0.77))).toEqual(sortedTop(scores, 4600));
  });

  it('gives ties to the lowest index', () => {
    expect(Array.from(unstructured()(Float32Array.of(1, 1, 1, 1, 2, 2), kernelInfo([2, 3]), 0.5))).toEqual([1, 0, 0, 0, 1, 1]);
  });

  it('takes -0 for 0, and negative scores for lower ones', () => {
    expect(Array.from(unstructured()(Float32Array.of(-0, 0, -1, -2), kernelInfo([2, 2]), 0.75))).toEqual([1, 0, 0, 0]);
    expect(Array.from(unstructured()(Float32Array.of(-3, -2, -1, -4), kernelInfo([2, 2]), 0.5))).toEqual([0, 1, 1, 0]);
  });

  it('refuses NaN, another number of scores, and a shape that is not of the kind', () => {
    expect(() => unstructured()(Float32Array.of(1, Number.NaN), kernelInfo([1, 2]), 0.5)).toThrow('score 1 of kernel');
    expect(() => unstructured()(Float32Array.of(1), kernelInfo([1, 2]), 0.5)).toThrow('2, one for each weight');
    expect(() => unstructured()(Float32Array.of(1, 2), { ...kernelInfo([1, 2]), shape: [2] }, 0.5)).toThrow('2 axes');
  });
});

describe('nm', () => {
  it('keeps min(n, t) of every group along any axis, tails of t included, and the same ones as a sort of the group', () => {
    fc.assert(
      fc.property(anyKernel, fc.nat(3), fc.integer({ min: 1, max: 9 }), fc.nat(8), ({ info, scores }, at, m, less) => {
        const axis = at % info.shape.length;
        const n = Math.max(1, m - less);
        const mask = nm({ n, m, axis })(scores, info, 0.5);
        for (const group of groupsAlong(info.shape, axis, m)) {
          const kept = group.map((i) => mask[i]);
          expect(sum(kept)).toBe(Math.min(n, group.length));
          expect(kept).toEqual(
            sortedTop(
              group.map((i) => scores[i]),
              n,
            ),
          );
        }
        expect(isNm(mask, info, { n, m, axis })).toBe(true);
      }),
    );
  });

  it('gives on a transposed matrix the transposed mask of the other axis', () => {
    const transpose = <T extends Float32Array | Uint8Array>(values: T, rows: number, columns: number): T =>
      values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]) as T;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.infiniteStream(anyScore),
        (rows, columns, stream) => {
          const scores = Float32Array.from({ length: rows * columns }, () => stream.next().value as number);
          const forward = nm({ n: 2, m: 4, axis: 'input' })(transpose(scores, rows, columns), kernelInfo([columns, rows]), 0.5);
          const backward = nm({ n: 2, m: 4, axis: 'output' })(scores, kernelInfo([rows, columns]), 0.5);
          expect(forward).toEqual(transpose(backward, rows, columns));
        },
      ),
    );
  });

  it('keeps of [3, -5, 1, 4, 0, 2, -6, 2] the greatest two at 2:8, and the first of the tied 2 at 2:4', () => {
    const scores = Float32Array.of(3, -5, 1, 4, 0, 2, -6, 2).map(Math.abs);
    expect(Array.from(nm({ n: 2, m: 8 })(scores, kernelInfo([8, 1]), 0.75))).toEqual([0, 1, 0, 0, 0, 0, 1, 0]);
    expect(Array.from(nm({ n: 2, m: 4 })(scores, kernelInfo([8, 1]), 0.5))).toEqual([0, 1, 0, 1, 0, 1, 1, 0]);
  });

  it('groups a convolution along its input channels, one output and window position at a time', () => {
    // [1, 1, 4, 2]: the two outputs interleave.
    const scores = Float32Array.of(1, 8, 2, 7, 3, 6, 4, 5);
    expect(Array.from(nm({ n: 1, m: 2 })(scores, kernelInfo([1, 1, 4, 2]), 0.5))).toEqual([0, 1, 1, 0, 0, 1, 1, 0]);
    expect(Array.from(nm({ n: 1, m: 2, axis: 'output' })(scores, kernelInfo([1, 1, 4, 2]), 0.5))).toEqual([
      0, 1, 0, 1, 0, 1, 0, 1,
    ]);
  });

  it('groups a depthwise convolution over its window: 5 of 9 stay at 2:4, the same as of one row of nine', () => {
    fc.assert(
      fc.property(fc.array(anyScore, { minLength: 18, maxLength: 18 }), (values) => {
        const scores = Float32Array.from(values);
        const info = kernelInfo([3, 3, 2, 1], 'depthwiseConv2d');
        const mask = nm({ n: 2, m: 4, axis: 'window' })(scores, info, 0.5);
        for (const channel of [0, 1]) {
          const row = scores.filter((_, i) => i % 2 === channel);
          expect(mask.filter((_, i) => i % 2 === channel)).toEqual(
            nm({ n: 2, m: 4, axis: 'output' })(row, kernelInfo([1, 9]), 0.5),
          );
        }
        expect(sum(mask)).toBe(10);
        expect(isNm(mask, info, { n: 2, m: 4, axis: 'window' })).toBe(true);
      }),
    );
  });

  it('groups a window wherever its axes stand together, and refuses one with channels in between', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 4, maxLength: 4 });
    const axes = fc.constantFrom(...[0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].filter((b) => b !== a).map((b) => [a, b] as const)));
    fc.assert(
      fc.property(sizes, axes, (shape, [inputAxis, outputAxis]) => {
        const info = { ...kernelInfo(shape), inputAxis, outputAxis };
        const scores = normal(shape.reduce((a, b) => a * b, 1));
        const [first, second] = [0, 1, 2, 3].filter((axis) => axis !== inputAxis && axis !== outputAxis);
        const pattern = nm({ n: 2, m: 4, axis: 'window' });
        if (second > first + 1) {
          expect(() => pattern(scores, info, 0.5)).toThrow(/^window of kernel: got axes . and ., between which channels lie/);
          return;
        }
        // One axis in place of the two.
        const flat = shape.flatMap((size, axis) => (axis === second ? [] : axis === first ? [size * shape[second]] : [size]));
        expect(pattern(scores, info, 0.5)).toEqual(nm({ n: 2, m: 4, axis: first })(scores, kernelInfo(flat), 0.5));
      }),
    );
  });

  it('shares no pattern over outputs that do not come last', () => {
    const turned = { ...kernelInfo([2, 4]), inputAxis: 1, outputAxis: 0 };
    expect(() => nm({ n: 1, m: 2, sharedOutputs: 2 })(normal(8), turned, 0.5)).toThrow(
      /^axes of kernel under shared outputs: got input 1, output 0 of 2 axes/,
    );
  });

  it('knows a kernel that has one weight too many in a group', () => {
    expect(isNm([1, 2, 0, 0, 5, 6, 7], kernelInfo([1, 7]), { n: 2, m: 4, axis: 'output' })).toBe(false);
    expect(isNm([1, 2, 0, 0, 5, 6, 0], kernelInfo([1, 7]), { n: 2, m: 4, axis: 'output' })).toBe(true);
  });

  it('keeps everything at a target sparsity of 0', () => {
    expect(sum(nm({ n: 2, m: 4 })(new Float32Array(16), kernelInfo([4, 4]), 0))).toBe(16);
  });

  it('shares a pattern over outputs, chosen by the sums of their scores, the last outputs among themselves', () => {
    const scores = Float32Array.of(...[1, 9, 2, 4, 5], ...[6, 3, 1, 1, 4]);
    expect(Array.from(nm({ n: 1, m: 2, sharedOutputs: 2 })(scores, kernelInfo([2, 5]), 0.5))).toEqual([
      ...[1, 1, 1, 1, 1],
      ...[0, 0, 0, 0, 0],
    ]);
    scores[3] = -2;
    expect(Array.from(nm({ n: 1, m: 2, sharedOutputs: 2 })(scores, kernelInfo([2, 5]), 0.5))).toEqual([
      ...[1, 1, 0, 0, 1],
      ...[0, 0, 1, 1, 0],
    ]);
    expect(() => nm({ n: 1, m: 2, sharedOutputs: 2, axis: 'output' })).toThrow(/^axis: got output, expected input/);
  });

  it('gives ties to the highest index and refuses tails under the profile jaxpruner', () => {
    const pattern = nm({ n: 2, m: 4, axis: -1, profile: 'jaxpruner' });
    expect(Array.from(pattern(new Float32Array(4), kernelInfo([1, 4]), 0.5))).toEqual([0, 0, 1, 1]);
    expect(() => pattern(new Float32Array(6), kernelInfo([1, 6]), 0.5)).toThrow('a multiple of m = 4');
  });

  it.each([
    [{ n: 0, m: 4 }, 'n: got 0'],
    [{ n: 5, m: 4 }, '1 to m = 4'],
    [{ n: 1.5, m: 4 }, 'n: got 1.5'],
    [{ n: 2, m: 0 }, 'm: got 0'],
  ])('refuses %o', (options, message) => {
    expect(() => nm(options)).toThrow(message);
  });

  it('refuses an axis that the kernel lacks', () => {
    expect(() => nm({ n: 1, m: 2, axis: 2 })(new Float32Array(4), kernelInfo([2, 2]), 0.5)).toThrow('axis of kernel: got 2');
    expect(() => nm({ n: 1, m: 2, axis: 'inputs' as 'input' })(new Float32Array(4), kernelInfo([2, 2]), 0.5)).toThrow(
      'Did you mean input',
    );
  });
});

const anyBlock = fc.oneof(
  fc.constant<Block>({ kind: 'row' }),
  fc.record({ kind: fc.constant('nm' as const), m: fc.integer({ min: 1, max: 9 }), axis: fc.constantFrom('input', 'output') }),
  fc.record({ kind: fc.constant('lanes' as const), width: fc.integer({ min: 1, max: 9 }) }),
) as fc.Arbitrary<Block>;

function blocksOf(block: Block, shape: readonly number[], kind: string): number[][] {
  if (block.kind !== 'row') {
    const inputAxis = kind === 'dense' ? 0 : kind === 'conv1d' ? 1 : 2;
    return groupsAlong(shape, block.axis === 'output' ? inputAxis + 1 : inputAxis, block.kind === 'nm' ? block.m : block.width);
  }
  const outputs = kind === 'depthwiseConv2d' ? shape[2] * shape[3] : (shape.at(-1) as number);
  const size = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length: outputs }, (_, o) => Array.from({ length: size / outputs }, (_, k) => k * outputs + o));
}

describe('blockBudgets', () => {
  it('keeps exactly the count, and within each block the highest ranks', () => {
    fc.assert(
      fc.property(
        anyKernel,
        anySparsity,
        anyBlock,
        fc.constantFrom('balanced' as const, 'mass' as const),
        ({ info, scores }, sparsity, block, budgets) => {
          const finite = scores.map((score) => (Number.isFinite(score) ? score : 1));
          const mask = blockBudgets({ block, budgets })(finite, info, sparsity);
          expect(sum(mask)).toBe(keptCount(finite.length, sparsity));
          for (const members of blocksOf(block, info.shape, info.kind)) {
            const kept = members.map((i) => mask[i]);
            expect(kept).toEqual(
              sortedTop(
                members.map((i) => finite[i]),
                sum(kept),
              ),
            );
          }
        },
      ),
    );
  });

  it('gives blocks of one size budgets that differ by one at most when balanced', () => {
    fc.assert(
      fc.property(anyKernel, anySparsity, anyBlock, ({ info, scores }, sparsity, block) => {
        const finite = scores.map((score) => (Number.isFinite(score) ? score : 1));
        const mask = blockBudgets({ block })(finite, info, sparsity);
        const budgets = new Map<number, number[]>();
        for (const members of blocksOf(block, info.shape, info.kind)) {
          budgets.set(members.length, [...(budgets.get(members.length) ?? []), sum(members.map((i) => mask[i]))]);
        }
        for (const alike of budgets.values()) expect(Math.max(...alike) - Math.min(...alike)).toBeLessThanOrEqual(1);
      }),
    );
  });

  // Three outputs of four inputs, [in, out]: an output is a column.
  const columns = (mask: Uint8Array) => [0, 1, 2].map((o) => [0, 1, 2, 3].map((i) => mask[3 * i + o]).join(''));

  it('balances rows by hand: 5 of 12 are 1 for each row, and one more for the two rows of greatest mass', () => {
    const masses = Float32Array.of(0.25, 1, 4, 0.25, 1, 3, 0.25, 1, 2, 0.25, 1, 1); // columns sum to 1, 4 and 10
    expect(columns(blockBudgets({ block: { kind: 'row' } })(masses, kernelInfo([4, 3]), 7 / 12))).toEqual([
      '1000',
      '1100',
      '1100',
    ]);
  });

  it('follows mass by hand: quotas 2.67, 1.33 and 1 of 5 are 2, 1 and 1, and the odd one goes to the largest remainder', () => {
    const masses = Float32Array.of(3, 1, 0.75, 2, 1, 0.75, 2, 1, 0.75, 1, 1, 0.75); // columns sum to 8, 4 and 3
    const mask = blockBudgets({ block: { kind: 'row' }, budgets: 'mass' })(masses, kernelInfo([4, 3]), 7 / 12);
    expect(columns(mask)).toEqual(['1110', '1000', '1000']);
  });

  it('spreads what exceeds a block over the others: quotas 7.2, 2 and 0.8 of 10 become 4, 4 and 2 of a block of 4', () => {
    const heavy = Float32Array.of(9, 2.5, 1, 9, 2.5, 1, 9, 2.5, 1, 9, 2.5, 1);
    const mask = blockBudgets({ block: { kind: 'row' }, budgets: 'mass' })(heavy, kernelInfo([4, 3]), 2 / 12);
    expect(columns(mask)).toEqual(['1111', '1111', '1100']);
  });

  it('falls back to equal shares where all scores are 0', () => {
    const mask = blockBudgets({ block: { kind: 'row' }, budgets: 'mass' })(new Float32Array(12), kernelInfo([4, 3]), 0.5);
    expect(columns(mask)).toEqual(['1100', '1100', '1100']);
  });

  it('differs from unstructured where one block holds all the large weights', () => {
    const uneven = Float32Array.of(9, 8, 1, 2);
    const info = kernelInfo([4, 1]);
    expect(Array.from(unstructured()(uneven, info, 0.5))).toEqual([1, 1, 0, 0]);
    expect(Array.from(blockBudgets({ block: { kind: 'lanes', width: 2 } })(uneven, info, 0.5))).toEqual([1, 0, 0, 1]);
  });

  it('refuses blocks that are none', () => {
    expect(() => blockBudgets({ block: { kind: 'rows' as 'row' } })).toThrow('Did you mean row');
    expect(() => blockBudgets({ block: { kind: 'nm', m: 0 } })).toThrow('block.m');
    expect(() => blockBudgets({ block: { kind: 'lanes', width: 2.5 } })).toThrow('block.width');
    expect(() => blockBudgets({ block: { kind: 'row' }, budgets: 'even' as 'mass' })).toThrow(SparsityError);
  });
});
