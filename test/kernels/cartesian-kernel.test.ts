import * as fc from 'fast-check';
import {
  type CartesianGrid,
  type CartesianSums,
  cartesianReference,
  createCartesianKernel,
  type PlacedList,
} from 'tfjs-sparsity/kernels';
import { describe, expect, it } from 'vitest';

const none = (): CartesianSums => ({
  ...{ cycles: 0, waiting: 0, bricks: 0, conflicts: 0, products: 0, landed: 0, activationWords: 0, weightWords: 0 },
});

/** Buckets of entries [row, col, hash]. */
function list(buckets: readonly (readonly (readonly [row: number, col: number, hash: number])[])[]): PlacedList {
  const all = buckets.flat();
  const first = [0];
  for (const bucket of buckets) first.push(first[first.length - 1] + bucket.length);
  return {
    first: Uint32Array.from(first),
    rows: Uint32Array.from(all, ([row]) => row),
    cols: Uint32Array.from(all, ([, col]) => col),
    hashes: Uint8Array.from(all, ([, , hash]) => hash),
  };
}

const entries = (hash: fc.Arbitrary<number>) =>
  fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), hash), { maxLength: 12 });

/** Grids over positions and offsets of 0 to 3; some differences meet no output. */
const cases = fc
  .record({
    elements: fc.integer({ min: 1, max: 4 }),
    phases: fc.integer({ min: 1, max: 2 }),
    activationVector: fc.integer({ min: 1, max: 6 }),
    weightVector: fc.integer({ min: 1, max: 6 }),
    banks: fc.integer({ min: 1, max: 32 }),
    channels: fc.integer({ min: 1, max: 3 }),
    rowHashes: fc.array(fc.constantFrom(0, 8, 16, 24, 64), { minLength: 7, maxLength: 7 }),
    colHashes: fc.array(fc.constantFrom(0, 4, 16, 20, 128), { minLength: 7, maxLength: 7 }),
  })
  .chain((sizes) => {
    const buckets = sizes.channels * sizes.phases;
    const many = (count: number, hash: fc.Arbitrary<number>) =>
      fc.array(entries(hash), { minLength: count + 1, maxLength: count + 1 }); // one before the first that is used
    return fc.record({
      sizes: fc.constant(sizes),
      activations: many(buckets * sizes.elements, fc.constant(0)),
      weights: many(buckets, fc.integer({ min: 0, max: 31 })),
    });
  });

describe('the kernel of Cartesian products', () => {
  it('adds up what the reference does, barrier by barrier, for all grids', () => {
    fc.assert(
      fc.property(cases, ({ sizes, activations, weights }) => {
        const { channels, rowHashes, colHashes, ...rest } = sizes;
        const grid: CartesianGrid = {
          ...rest,
          ...{ rowHashes: Uint8Array.from(rowHashes), colHashes: Uint8Array.from(colHashes), firstRow: 3, firstCol: 3 },
        };
        const [left, right] = [list(activations), list(weights)];
        const expected = none();
        const kernel = createCartesianKernel(grid);
        const forget = kernel.mark();
        kernel.keep(left);
        forget(); // what is kept next takes its place
        const [a, w] = [kernel.keep(left), kernel.keep(right)];
        for (let times = 0; times < 2; times++) {
          cartesianReference(grid, channels, left, 1, right, 1, expected);
          kernel.barriers(channels, a, 1, w, 1);
        }
        expect(kernel.sums()).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('takes three cycles for a brick of three products in one bank, and lets the other element wait', () => {
    const zeros = new Uint8Array(4);
    const grid = { elements: 2, phases: 1, activationVector: 4, weightVector: 4, banks: 32, rowHashes: zeros, colHashes: zeros };
    const kernel = createCartesianKernel({ ...grid, firstRow: 0, firstCol: 0 });
    const three = [0, 1, 2].map((row) => [row, 0, 0] as const);
    kernel.barriers(1, kernel.keep(list([three, []])), 0, kernel.keep(list([[[0, 0, 5]]])), 0);
    expect(kernel.sums()).toEqual({
      ...{ cycles: 3, waiting: 3, bricks: 1, conflicts: 2, products: 3, landed: 3, activationWords: 4, weightWords: 8 },
    });
  });

  it('holds more than a page of lists', () => {
    const zeros = new Uint8Array(1);
    const grid = { elements: 1, phases: 1, activationVector: 4, weightVector: 4, banks: 32, rowHashes: zeros, colHashes: zeros };
    const kernel = createCartesianKernel({ ...grid, firstRow: 0, firstCol: 0 });
    const many = Array.from({ length: 20_000 }, () => [0, 0, 0] as const);
    kernel.barriers(1, kernel.keep(list([many])), 0, kernel.keep(list([[[0, 0, 0]]])), 0);
    expect(kernel.sums()).toMatchObject({ cycles: 20_000, bricks: 5000, conflicts: 15_000 });
  });
});
