import {
  type Accelerator,
  acf,
  convNest,
  denseNest,
  type GemmWork,
  type LoopNest,
  type PhaseWork,
  sat,
  scnn001,
  sigma001,
  sparseTrain001,
  type WorkCounts,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { workOf } from './support/small-works.js';
import { tiny, twoByTwo } from './support/tiny-fabric.js';

const run = (model: Accelerator, work: PhaseWork): WorkCounts => model.start().executeStep([work]).works[0];

/** A forward pass over maps of ones. */
const ones = (nest: LoopNest): GemmWork => workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);

describe('actions of the baselines of 001', () => {
  it('SCNN: 2 PEs; 2 x 5 vectors of 18 weights meet 2 of 8 activations in each; 16 sums of rows that are the other’s', () => {
    const nest = convNest({ batch: 1, inSize: [4, 4], inChannels: 1, outChannels: 2, kernelSize: [3, 3], padding: 'same' });
    const { actions } = run(scnn001({ pes: 2, torusRows: 2, torusCols: 1, multiplyInitiationInterval: 10 }), ones(nest));
    // Bytes off chip: 85 of A, 97 of W, which goes to both PEs, 170 of outputs; half a link to any PE on the mean.
    expect(actions).toMatchObject({
      multiplyFp32: 16 * 18,
      addFp32: 16 * 18,
      registerAccess: 4 * 16 * 18,
      sramSmallAccess: 2 * 10 * 4 + 16 + (85 + 2 * 97 + 170) / 4,
      sramLargeAccess: 2 * ((85 + 97 + 170) / 4),
      nocHop: 16 + (0.5 * 85 + (0.5 + 1) * 97 + 0.5 * 170) / 4,
      indexOp: 16 * 18 + 32,
      zeroDetect: 32,
    });
  });

  it.each([
    ['kernel: column 1 is cut before its second value, so that the values at k = 3 stream by twice', 'kernel', 5 + 6],
    ['input: row 1 is cut before its second value, and no fold needs a value twice', 'input', 5 + 5],
  ] as const)('SIGMA, of 5 values in 4 multipliers, of the %s', (_, stationary, values) => {
    const design = { pes: 2, torusRows: 2, torusCols: 1, multipliers: 2, flexDpeSize: 2, stationary };
    const { actions } = run(sigma001(design), tiny);
    // 8 bits and 5 values, 21 bytes, of each operand, and 3 values and 4 bits of outputs: 12.5 bytes of the half, rounded, 80 + 4 bits.
    expect(actions).toMatchObject({
      multiplyFp32: 6,
      addFp32: 6,
      registerAccess: 3 * 6 + 5,
      sramSmallAccess: values + (21 + 21 + 11) / 4,
      sramLargeAccess: 2 * ((21 + 21 + 11) / 4),
      nocHop: 0.5 * values + (0.5 * 11) / 4,
      indexOp: values + 3,
      zeroDetect: 4,
    });
  });

  it('SparseTrain: 128 products of 32 row pairs; rows to 4 of 8 PEs, kernels to all, outputs from one', () => {
    const nest = convNest({ batch: 1, inSize: [4, 4], inChannels: 2, outChannels: 4, kernelSize: [1, 1] });
    const design = { pes: 8, torusRows: 4, torusCols: 2, partitionRows: 2, partitionCols: 1, multiplyInitiationInterval: 10 };
    const { actions } = run(sparseTrain001(design), ones(nest));
    // Bytes: 169 of A, 49 of W, 338 of outputs; one and a half links on the mean, and one more to each other PE.
    expect(actions).toMatchObject({
      multiplyFp32: 128,
      addFp32: 128,
      registerAccess: 4 * 128,
      sramSmallAccess: 2 * 128 + (4 * 169 + 8 * 49 + 338) / 4,
      sramLargeAccess: 2 * ((169 + 49 + 338) / 4),
      nocHop: ((1.5 + 3) * 169 + (1.5 + 7) * 49 + 1.5 * 338) / 4,
      indexOp: 32 + 128 + 64,
      zeroDetect: 64,
    });
  });
});

describe('actions of SAT', () => {
  it.each([
    ['values of 2 bytes', 2, { multiplyFp16: 64 ** 3, registerAccess: 2 * 64 ** 3, sramLargeAccess: 24_576 }],
    ['values of 4 bytes', 4, { multiplyFp32: 64 ** 3, registerAccess: 3 * 64 ** 3, sramLargeAccess: 36_864 }],
  ] as const)('WS, %s: two operands and a sum per product', (_, bytes, expected) => {
    const work = ones(denseNest({ batch: 64, inFeatures: 64, outFeatures: 64 }));
    const { actions } = run(sat({ n: 8, dataflow: 'WS', bytesPerValue: bytes }), work);
    // Of 64 x 64 values each: A to 2 blocks of columns and W; sums written by 2 folds and read by one; A, W and outputs at the pins.
    const words = bytes / 4;
    expect(expected.sramLargeAccess).toBe((2 + 1) * 64 ** 2 * words + 3 * 64 ** 2 + 3 * 64 ** 2 * words);
    expect(actions).toMatchObject({ ...expected, addFp32: 64 ** 3, indexOp: 0 });
  });
});

describe('actions of ACF', () => {
  it.each([
    ['skipping both: outputs only', 'skipBoth', true, 4],
    ['skipping one side: 10 partners of the other side’s, and outputs', 'skipOneSide', true, 10 + 4],
    ['gating: all 16 pairs, and outputs', 'gate', true, 16 + 4],
    ['without the memory controller: all 16 pairs, and no outputs', 'skipBoth', false, 16],
  ] as const)('compare with zero, %s', (_, zeroDetection, sparseMemoryController, zeroDetect) => {
    const counts = run(acf({ ...twoByTwo, dataflow: 'OS', clockGhz: 2, zeroDetection, sparseMemoryController }), tiny);
    expect(counts.actions).toMatchObject({ zeroDetect, leakUnitCycle: (4 * counts.cycles) / 2 });
  });

  it('leave the outputs of a weight gradient, whose pattern is known, uncompared', () => {
    const work = workOf(denseNest({ batch: 2, inFeatures: 4, outFeatures: 2 }), 'weightGradient', { input: 1, kernel: 1 }, 1);
    expect(run(acf({ ...twoByTwo, dataflow: 'OS' }), work).actions.zeroDetect).toBe(0);
  });
});
