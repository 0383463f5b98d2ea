import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bernoulliBits,
  bitsFrom,
  convNest,
  createAccelerator,
  denseArray,
  denseMacs,
  effectualMacs,
  type GemmWork,
  getBit,
  type LayerTensors,
  lowerGemm,
  presets,
  trainingWorks,
} from '../../src/hw/index.js';
import { createRng } from '../../src/rng.js';

interface Sizes {
  readonly images: number;
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  readonly heads: number;
  readonly batch: number;
}

const sizes: fc.Arbitrary<Sizes> = fc
  .record({
    images: fc.integer({ min: 1, max: 3 }),
    rows: fc.integer({ min: 1, max: 7 }),
    depth: fc.integer({ min: 1, max: 9 }),
    columns: fc.integer({ min: 1, max: 7 }),
    heads: fc.integer({ min: 1, max: 3 }),
    more: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ more, ...rest }) => ({ ...rest, batch: rest.images + more }));

function record({ images, rows, depth, columns, heads, batch }: Sizes, seed: number): LayerTensors {
  const rng = createRng(seed);
  const [inChannels, outChannels] = [heads * depth, heads * columns];
  const W = bernoulliBits([images, depth, outChannels], 0.6, rng);
  return {
    layer: 'scores',
    use: 0,
    nest: convNest({ batch: images, inSize: [rows], inChannels, outChannels, kernelSize: [1], groups: heads }),
    W,
    backwardW: W,
    A: bernoulliBits([images, rows, inChannels], 0.5, rng),
    E: bernoulliBits([images, rows, outChannels], 0.4, rng),
    kernelRole: 'A',
    needsInputGradient: true,
    batchTotal: batch,
  };
}

/** Products whose two factors are not zero, by loops over the whole batch: of Y = A W, of dA = E W^T and of dW = A^T E. */
function slowProducts({ images, rows, depth, columns, heads, batch }: Sizes, { A, W, E }: LayerTensors): number[] {
  const counts = [0, 0, 0];
  for (let i = 0; i < batch; i++) {
    const image = i % images;
    for (let head = 0; head < heads; head++)
      for (let row = 0; row < rows; row++)
        for (let d = 0; d < depth; d++)
          for (let column = 0; column < columns; column++) {
            const a = getBit(A, (image * rows + row) * heads * depth + head * depth + d);
            const w = getBit(W, (image * depth + d) * heads * columns + head * columns + column);
            const e = E !== undefined && getBit(E, (image * rows + row) * heads * columns + head * columns + column);
            [a && w, e && w, a && e].forEach((both, i) => {
              counts[i] += Number(both);
            });
          }
  }
  return counts;
}

const gemmsOf = (one: LayerTensors) => trainingWorks([one], { slots: 2, masked: [one.layer] }) as readonly GemmWork[];
const sum = (works: readonly GemmWork[], of: (work: GemmWork) => number) => works.reduce((total, work) => total + of(work), 0);

describe('a product of two activations', () => {
  it('is multiplied for each head of each image of the batch, forward and towards both factors', () => {
    fc.assert(
      fc.property(sizes, fc.integer(), (size, seed) => {
        const one = record(size, seed);
        const works = gemmsOf(one);
        const times = works.length / 3;
        expect(times).toBe(Math.floor(size.batch / size.images) + Number(size.batch % size.images > 0));
        const parts = [0, 1, 2].map((part) => works.slice(part * times, (part + 1) * times));
        expect(parts.map((part) => sum(part, effectualMacs))).toEqual(slowProducts(size, one));
        const dense = size.batch * size.heads * size.rows * size.depth * size.columns;
        for (const part of parts) expect(sum(part, ({ nest }) => denseMacs(nest))).toBe(dense);
      }),
      { numRuns: 60 },
    );
  });

  it('has one gradient only where one factor comes from nothing trained', () => {
    const one = record({ images: 2, rows: 3, depth: 4, columns: 5, heads: 2, batch: 2 }, 1);
    const [forward, first, second] = gemmsOf(one);
    expect(gemmsOf({ ...one, onlyGradient: 'A' })).toEqual([forward, first]);
    expect(gemmsOf({ ...one, onlyGradient: 'W' })).toEqual([forward, second]);
  });

  it('has activations and errors for operands, and neither a weight gradient nor an update', () => {
    const works = gemmsOf(record({ images: 2, rows: 3, depth: 4, columns: 5, heads: 2, batch: 2 }, 1));
    expect(works.map(({ phase, input, kernel }) => [phase, input.role, kernel.role])).toEqual([
      ['forward', 'A', 'A'],
      ['inputGradient', 'E', 'A'],
      ['inputGradient', 'E', 'A'],
    ]);
    for (const { nest, imageScale, layer } of works)
      expect([nest.batch, nest.groups, imageScale, layer]).toEqual([1, 4, 1, 'scores']);
  });

  it('has, of [1 0; 1 1] times [1; 1] and an error of [0; 1], the products that a hand finds', () => {
    const W = bitsFrom([1, 1], [1, 2, 1]);
    const one: LayerTensors = {
      ...record({ images: 1, rows: 2, depth: 2, columns: 1, heads: 1, batch: 1 }, 0),
      A: bitsFrom([1, 0, 1, 1], [1, 2, 2]),
      W,
      backwardW: W,
      E: bitsFrom([0, 1], [1, 2, 1]),
    };
    const works = gemmsOf(one);
    expect(works.map(effectualMacs)).toEqual([3, 2, 2]);
    const [[forward], , [towardsSecond]] = works.map(lowerGemm);
    expect([...forward.rowBits(0, 2)]).toEqual([0b01, 0b11]);
    // dW^T = E^T A: one row, the error of both rows, by the columns of A.
    expect([...towardsSecond.rowBits(0, 1)]).toEqual([0b10]);
    expect([...towardsSecond.kernelRows()]).toEqual([0b11, 0b10]);
  });

  it('moves, of 2 x 3 times 3 x 4 values of four bytes, both factors as activations and gradients as errors', () => {
    const works = gemmsOf(record({ images: 1, rows: 2, depth: 3, columns: 4, heads: 1, batch: 1 }, 1));
    const bytes = denseArray()
      .start()
      .executeStep(works)
      .works.map(({ dramBytes }) => dramBytes);
    expect(bytes).toEqual([
      { W: 0, A: 4 * (6 + 12 + 8), E: 0, G: 0 }, // Y comes from X and Z
      { W: 0, A: 4 * 12, E: 4 * (8 + 6), G: 0 }, // dX from E and Z
      { W: 0, A: 4 * 6, E: 4 * (8 + 12), G: 0 }, // dZ from E and X
    ]);
  });

  // What they prepare before a step, in software or behind the update, are weights: zeros of a second activation come too late.
  it.each(['sat', 'tactical-t8-2-5', 'procrustes'])('takes as long on %s whatever zeros its second factor has', (name) => {
    const accelerator = createAccelerator({ ...presets[name], dramBytesPerCycle: 1e6 });
    const cycles = (work: GemmWork, isOne: (i: number) => boolean) => {
      const { shape } = work.kernel.nonzeros;
      const values = Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Number(isOne(i)));
      const kernel = { ...work.kernel, nonzeros: bitsFrom(values, shape) };
      const asWeights: GemmWork = { ...work, kernel: { ...kernel, role: 'W' } };
      return [{ ...work, kernel }, asWeights].map((one) => accelerator.start().executeStep([one]).works[0].cycles);
    };
    // 2 of 8 rows of the second factor: of Z along its depth.
    const [forward] = gemmsOf(record({ images: 1, rows: 40, depth: 64, columns: 64, heads: 1, batch: 1 }, 1));
    const [[full, fullWeights], [sparse, sparseWeights]] = [() => true, (i: number) => Math.floor(i / 64) % 8 < 2].map((isOne) =>
      cycles(forward, isOne),
    );
    expect(sparse).toBe(full);
    expect(sparseWeights).toBeLessThan(fullWeights);
  });

  it('stops going back where nothing before it is trained', () => {
    const frozen = { ...record({ images: 1, rows: 2, depth: 2, columns: 2, heads: 1, batch: 3 }, 1), needsInputGradient: false };
    expect(gemmsOf(frozen).map(({ phase }) => phase)).toEqual(['forward', 'forward', 'forward']);
  });

  it('refuses a batch that is smaller than the images present, or no number of images', () => {
    const one = record({ images: 2, rows: 2, depth: 2, columns: 2, heads: 1, batch: 2 }, 1);
    for (const batchTotal of [1, 2.5, Number.NaN]) {
      expect(() => gemmsOf({ ...one, batchTotal })).toThrow(
        `record scores: batchTotal: got ${batchTotal}, expected a whole number`,
      );
    }
  });
});
