import * as fc from 'fast-check';
import {
  bernoulliBits,
  bitsFrom,
  convNest,
  createAccelerator,
  denseArray,
  denseNest,
  type GemmWork,
  getBit,
  type LoopNest,
  type Operand,
  onesBits,
  type ProcrustesOptions,
  presets,
  procrustes,
  resourcesOf,
  trainingWorks,
  unequalResources,
  type WorkCounts,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { chipTiles } from '../../src/hw/procrustes/chip-tiles.js';
import type { ProcrustesSpec } from '../../src/hw/procrustes/options.js';
import { createRng } from '../../src/rng.js';
import { smallNests as nestsOfAllKinds, slowMacs } from './support/reference.js';
import { densities, phases, workOf } from './support/small-works.js';

const first = (options: ProcrustesOptions, work: GemmWork): WorkCounts =>
  procrustes(options).start().executeStep([work]).works[0];
const computeCycles = ({ cycles, units, idleUnitCycles }: WorkCounts) => cycles - idleUnitCycles.memory / units;

/** A dense layer of four inputs whose output channels have so many weights. */
function channels(batch: number, ...weights: readonly number[]): GemmWork {
  const nest = denseNest({ batch, inFeatures: 4, outFeatures: weights.length });
  const work = workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);
  const values = [0, 1, 2, 3].flatMap((input) => weights.map((count) => Number(input < count)));
  return { ...work, kernel: { ...work.kernel, nonzeros: bitsFrom(values, [4, weights.length]) } };
}

describe('two rows of two processing elements, by hand', () => {
  const array = { peRows: 2, peCols: 2, tileWeights: 8 } as const;

  it('fold the densest half tile with the sparsest', () => {
    expect(computeCycles(first(array, channels(2, 4, 3, 1, 0)))).toBe(4);
    expect(computeCycles(first({ ...array, balance: 'none' }, channels(2, 4, 3, 1, 0)))).toBe(7);
  });

  it('take another round for a third image, and account for every unit-cycle', () => {
    const counts = first(array, channels(3, 4, 3, 1, 1));
    expect(computeCycles(counts)).toBe(2 * 5);
    expect(counts.macs).toEqual({ dense: 48, effectual: 27, executed: 27 });
    // Rows of 5 and 4 non-zeros: one column is empty in the second round.
    expect(counts.idleUnitCycles).toMatchObject({ ineffectual: 0, imbalance: 3, underfilled: 10 });
  });

  it('spread the rows of a product of two activations over the columns, image after image', () => {
    // Two images of three rows by [2, 2]: 4 half tiles of 2 in all, folded to 4 each, and two rounds of rows.
    const nest = convNest({ batch: 2, inSize: [3], inChannels: 2, outChannels: 2, kernelSize: [1] });
    const [A, W] = [onesBits([2, 3, 2]), onesBits([2, 2, 2])];
    const record = { layer: 'scores', use: 0, nest, W, backwardW: W, A, needsInputGradient: true, batchTotal: 2 } as const;
    const [work] = trainingWorks([{ ...record, kernelRole: 'A' }], { slots: 0, masked: [] });
    const counts = first(array, work as GemmWork);
    expect(computeCycles(counts)).toBe(2 * 4);
    expect(counts.idleUnitCycles).toMatchObject({ ineffectual: 0, imbalance: 0, underfilled: 8 });
  });

  it('wait behind each chip tile', () => {
    // Reduction indices 0 and 1 in one, 2 and 3 in another: (2, 2, 1, 0) folded to 2 and 3, (2, 1, 0, 0) to 2 and 1.
    expect(computeCycles(first({ ...array, tileWeights: 4 }, channels(2, 4, 3, 1, 0)))).toBe(3 + 2);
  });

  it('multiply zeros of activations', () => {
    const work = channels(2, 4, 3, 1, 0);
    const half = { ...work, input: { ...work.input, nonzeros: bitsFrom([1, 0, 1, 0, 1, 0, 1, 0], [2, 4]) } };
    const counts = first(array, half);
    expect(computeCycles(counts)).toBe(4);
    expect(counts.idleUnitCycles.ineffectual).toBe(counts.macs.executed - counts.macs.effectual);
    expect(counts.macs.effectual).toBe(2 * (2 + 2 + 1));
  });
});

describe('the tiles and a reference that counts weight by weight', () => {
  const machines = fc.record({
    peRows: fc.integer({ min: 1, max: 3 }),
    peCols: fc.integer({ min: 1, max: 3 }),
    tileWeights: fc.constantFrom(2, 4, 10, 128),
    balance: fc.constantFrom('halfTiles' as const, 'none' as const),
  });
  const works = fc
    .record({
      nest: nestsOfAllKinds,
      phase: fc.constantFrom(...phases),
      input: densities,
      kernel: densities,
      output: fc.option(densities, { nil: undefined }),
      seed: fc.integer(),
    })
    .filter(({ nest }) => nest.inChannels * nest.outChannels <= 200)
    .map(({ nest, phase, input, kernel, output, seed }) => workOf(nest, phase, { input, kernel, output }, seed));

  /** Non-zeros of the half tiles of each chip tile, weight by weight. */
  function chipTilesOf(skipping: Operand | undefined, nest: LoopNest, { peRows, tileWeights }: ProcrustesSpec): number[][] {
    const reductions = (nest.kernelSize.reduce((a, b) => a * b) * nest.inChannels) / nest.groups;
    const present = (reduction: number, filter: number) =>
      reduction < reductions &&
      filter < nest.outChannels &&
      (!skipping || getBit(skipping.nonzeros, reduction * nest.outChannels + filter));
    const tiles: number[][] = [];
    for (let from = 0; from < reductions; from += tileWeights / 2)
      for (let filter = 0; filter < nest.outChannels; filter += 2 * peRows) {
        const halves = Array.from({ length: 2 * peRows }, (_, half) => {
          let weights = 0;
          for (let r = from; r < from + tileWeights / 2; r++) weights += Number(present(r, filter + half));
          return weights;
        });
        tiles.push(halves);
      }
    return tiles;
  }

  /** Steps through the products of each processing element. */
  function slow({ nest, phase, kernel, output }: GemmWork, spec: ProcrustesSpec) {
    const { peRows, peCols, balance } = spec;
    const pixels = nest.outSize.reduce((a, b) => a * b);
    let [cycles, executed] = [0, 0];
    for (const halves of chipTilesOf(phase === 'weightGradient' ? output : kernel, nest, spec)) {
      if (balance === 'halfTiles') halves.sort((a, b) => b - a);
      const rows = Array.from({ length: peRows }, (_, row) =>
        balance === 'halfTiles' ? halves[row] + halves[2 * peRows - 1 - row] : halves[2 * row] + halves[2 * row + 1],
      );
      for (let image = 0; image < nest.batch; image += peCols) {
        cycles += Math.max(...rows) * pixels;
        const columns = Math.min(peCols, nest.batch - image);
        for (const row of rows) executed += row * pixels * columns;
      }
    }
    return { cycles, executed };
  }

  it('agree exactly, for all phases and arrays', () => {
    fc.assert(
      fc.property(works, machines, (work, options) => {
        const accelerator = procrustes(options);
        const [counts] = accelerator.start().executeStep([work]).works;
        const { cycles, executed } = slow(work, accelerator.spec as ProcrustesSpec);
        expect(computeCycles(counts)).toBe(cycles);
        expect(counts.macs).toEqual({ ...slowMacs(work), executed });
      }),
      { numRuns: 120 },
    );
  });

  it('are never fuller than the two densest half tiles, nor emptier than perfect balance', () => {
    fc.assert(
      fc.property(works, machines, ({ nest, kernel, phase }, options) => {
        if (phase === 'weightGradient') return;
        const spec = procrustes(options).spec as ProcrustesSpec;
        const { longest, nonzeros } = chipTiles(kernel.nonzeros, nest, spec);
        const fullest = chipTilesOf(kernel, nest, spec).map((halves) => halves.sort((a, b) => b - a)[0] + halves[1]);
        expect(longest).toBeGreaterThanOrEqual(nonzeros / spec.peRows);
        expect(longest).toBeLessThanOrEqual(fullest.reduce((sum, two) => sum + two, 0));
      }),
      { numRuns: 60 },
    );
  });
});

describe('half-tile balancing', () => {
  it('makes random weights of 10 percent faster, up to the perfect balance', () => {
    const nest = convNest({ batch: 32, inSize: [8, 8], inChannels: 64, outChannels: 64, kernelSize: [3, 3], padding: 'same' });
    const nonzeros = bernoulliBits([3, 3, 64, 64], 0.1, createRng(1));
    const [folded, left] = (['halfTiles', 'none'] as const).map((balance) =>
      chipTiles(nonzeros, nest, procrustes({ balance }).spec as ProcrustesSpec),
    );
    expect(folded.nonzeros).toBe(left.nonzeros);
    expect(folded.longest).toBeLessThan(0.8 * left.longest);
    expect(folded.longest).toBeGreaterThan(folded.nonzeros / 32);
  });
});

describe('the weight gradient', () => {
  const nest = convNest({ batch: 4, inSize: [6, 6], inChannels: 8, outChannels: 16, kernelSize: [3, 3], padding: 'same' });

  it('is computed where it is wanted, and compared with the threshold there', () => {
    const dense = first({}, workOf(nest, 'weightGradient', { input: 0.5, kernel: 0.5 }, 1));
    const wanted = first({}, workOf(nest, 'weightGradient', { input: 0.5, kernel: 0.5, output: 0.1 }, 1));
    expect(dense.macs.executed).toBe(3 * 3 * 8 * 16 * 36 * 4);
    expect(wanted.macs.executed).toBeLessThan(0.2 * dense.macs.executed);
    expect(wanted.dramBytes.G).toBeLessThan(0.2 * dense.dramBytes.G);
    expect(dense.actions.indexOp).toBe(dense.macs.executed + 3 * 3 * 8 * 16);
    expect(wanted.actions.indexOp).toBe(wanted.macs.executed + wanted.dramBytes.G / 4);
  });
});

describe('the presets', () => {
  it('have the 1024 multipliers and the memory of the dense array, or say that they do not', () => {
    expect(unequalResources([denseArray().spec, createAccelerator('procrustes').spec])).toEqual([]);
    expect(unequalResources([denseArray().spec, createAccelerator('procrustes-256').spec])).toEqual(['units', 'SRAM']);
    expect(resourcesOf(createAccelerator('procrustes').spec)?.units).toBe(1024);
    // 16 x 16 elements, a buffer of 16384 words of 64 bits (ledger 1.5).
    expect(resourcesOf(createAccelerator('procrustes-256').spec)).toMatchObject({ units: 256, sramKb: (16384 * 64) / 8 / 1024 });
    for (const name of ['procrustes', 'procrustes-256']) {
      const fields = Object.keys(presets[name]).filter((field) => !['kind', 'name', 'sources'].includes(field));
      expect(Object.keys(presets[name].sources).sort()).toEqual(fields.sort());
    }
  });

  it('refuse a tile that cannot be halved', () => {
    expect(() => procrustes({ tileWeights: 7 })).toThrow('procrustes.tileWeights: got 7, expected an even number');
  });

  it('store weights in blocks: a bit map, the non-zeros and a pointer per half tile', () => {
    const counts = first({ tileWeights: 8 }, channels(2, 4, 3, 1, 0));
    expect(counts.dramBytes).toEqual({ W: 8 * 4 + 2 + 4 * 4, A: 2 * 4 * 4 + 2 * 4 * 4, E: 0, G: 0 });
  });
});
