import {
  type Accelerator,
  acf,
  bitsFrom,
  convNest,
  denseNest,
  type GemmWork,
  type LoopNest,
  procrustes,
  scnn,
  tensorDash,
  type WorkCounts,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { phases, workOf } from './support/small-works.js';
import { tiny, twoByTwo } from './support/tiny-fabric.js';

const run = (model: Accelerator, work: GemmWork): WorkCounts => model.start().executeStep([work]).works[0];

/** A forward pass over maps of ones. */
const ones = (nest: LoopNest): GemmWork => workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);

describe('what ACF moves again, on an array of one SPE', () => {
  const bytesOf = (dataflow: 'OS' | 'WS' | 'IS', sramKb: number, work: GemmWork) =>
    run(acf({ ...twoByTwo, rows: 1, cols: 1, dataflow, sramKb }), work).dramBytes;

  // Of 0.04 KB 6 bytes are the sums'; the lanes hold 3 and 2 values, one per fold.
  it.each([
    ['WS: 2 of 8 bytes of sums go out and come back behind 2 + 1 folds', 'WS', { W: 40, A: 2 * 22 + 16 + 2 * 3 * 2 }],
    ['IS: likewise', 'IS', { W: 2 * 40, A: 22 + 16 + 2 * 3 * 2 }],
    ['OS has its sums in the SPEs', 'OS', { W: 40, A: 2 * 22 + 16 }],
  ] as const)('%s', (_, dataflow, expected) => {
    expect(bytesOf(dataflow, 0.04, tiny)).toEqual({ ...expected, E: 0, G: 0 });
  });

  // Two groups, each of 4 pixels, 2 channels in and 2 out: 65 bytes of A, 64 of W, 64 of outputs; 10 bytes for each on chip.
  it.each([
    ['OS: A once for each of the 2 outputs of a group', 'OS', { W: 64, A: 2 * 65 + 64 }],
    ['WS: and 6 of the 16 bytes of a column’s sums, out and in, behind one fold', 'WS', { W: 64, A: 2 * 65 + 64 + 4 * 2 * 6 }],
    ['IS: W once for each of the 4 pixels', 'IS', { W: 4 * 64, A: 65 + 64 }],
  ] as const)('of groups: %s', (_, dataflow, expected) => {
    const grouped = ones(convNest({ batch: 1, inSize: [4], inChannels: 4, outChannels: 4, kernelSize: [1], groups: 2 }));
    expect(bytesOf(dataflow, 0.06, grouped)).toEqual({ ...expected, E: 0, G: 0 });
  });
});

describe('what SCNN reads again, 36 bits per value', () => {
  const bytesOf = (work: GemmWork, accumulatorEntries: number, activationRamKb: number) => {
    const { W, A } = run(scnn({ peRows: 1, peCols: 1, accumulatorEntries, activationRamKb }), work).dramBytes;
    return { W, A };
  };

  // 2 images, 2 groups; 4 outputs per filter in 4 accumulators: 2 passes per group; 36 bytes of A per image and group, 36 of W.
  const grouped = ones(convNest({ batch: 2, inSize: [2, 2], inChannels: 4, outChannels: 4, kernelSize: [1, 1], groups: 2 }));

  it.each([
    ['once where a group of an image fits 40 bytes, W once per image', 0.04, 1, { W: 2 * 36, A: 4 * 36 + 128 }],
    ['once per pass where it does not fit 30 bytes', 0.03, 1, { W: 2 * 36, A: 2 * 4 * 36 + 128 }],
    ['for each of the 4 images that 2 stand for', 0.03, 2, { W: 4 * 36, A: 2 * (2 * 4 * 36 + 128) }],
  ])('the maps of a convolution %s', (_, activationRamKb, imageScale, expected) => {
    expect(bytesOf({ ...grouped, imageScale }, 4, activationRamKb)).toEqual(expected);
  });

  it.each([
    ['once where all images fit 150 bytes', 8, 0.15, 144],
    ['once where one pass does', 16, 0.1, 144],
    ['in each of 2 passes where 4 outputs of 2 filters fill the accumulators', 8, 0.1, 2 * 144],
  ])('the inputs of a dense layer, 4 images of 8 values, %s', (_, accumulatorEntries, activationRamKb, read) => {
    const work = ones(denseNest({ batch: 4, inFeatures: 8, outFeatures: 4 }));
    expect(bytesOf(work, accumulatorEntries, activationRamKb)).toEqual({ W: 144, A: read + 64 });
  });
});

describe('memory behind the compute of Procrustes', () => {
  it('loads a tile for an image while it computes another: 28 bytes at 4 per cycle, 64 times 8 cycles, one byte', () => {
    const work = ones(denseNest({ batch: 2, inFeatures: 64, outFeatures: 4 }));
    const counts = run(procrustes({ peRows: 1, peCols: 1, tileWeights: 8, dramBytesPerCycle: 4 }), work);
    expect(counts.dramBytes).toEqual({ W: 4 * 256 + 256 / 8 + 4 * 64, A: 512 + 32, E: 0, G: 0 });
    expect(counts.cycles).toBe(7 + 64 * 8 + 1);
  });
});

describe('equal images on TensorDash', () => {
  const model = tensorDash({ tiles: 2, tileRows: 2, tileCols: 2 });
  const rare = Array.from({ length: 20 }, (_, i) => Number(i % 7 === 0 || i % 5 === 1));
  const repeated = (images: number, work: GemmWork): GemmWork => {
    const of = <O extends GemmWork['input'] | GemmWork['kernel']>(operand: O): O => {
      if (operand.role === 'W') return operand;
      const { shape } = operand.nonzeros;
      const size = shape.slice(1).reduce((all, length) => all * length, 1);
      const values = Array.from({ length: images * size }, (_, i) => rare[(i % size) % rare.length]);
      return { ...operand, nonzeros: bitsFrom(values, shape) };
    };
    return { ...work, input: of(work.input), kernel: of(work.kernel) };
  };
  const equal = (phase: GemmWork['phase'], images: number, side: number) => {
    const nest = convNest({ batch: images, inSize: [side, side], inChannels: 20, outChannels: 20, kernelSize: [1, 1] });
    return repeated(images, workOf(nest, phase, { input: 1, kernel: 0.5 }, 1));
  };
  const compute = ({ cycles, units, idleUnitCycles }: WorkCounts) => cycles - idleUnitCycles.memory / units;

  it.each(phases)('of 108 pixels cost in a sample what they cost in the batch: %s', (phase) => {
    expect(run(model, { ...equal(phase, 3, 6), imageScale: 4 })).toEqual(run(model, equal(phase, 12, 6)));
  });

  it.each(phases)('of 128 pixels, 8 times 16, cost as often what the sample costs: %s', (phase) => {
    const sample = equal(phase, 2, 8);
    expect(compute(run(model, { ...sample, imageScale: 4 }))).toBe(4 * compute(run(model, sample)));
  });
});
