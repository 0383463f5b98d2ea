import {
  type Accelerator,
  acf,
  areasOf,
  balanced,
  bitsFrom,
  convNest,
  dadiannao,
  denseNest,
  type GemmWork,
  onesBits,
  type PhaseWork,
  procrustes,
  sat,
  scnn,
  tactical,
  tensorDash,
  type UpdateWork,
  type WorkCounts,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { workOf } from './support/small-works.js';
import { tiny, twoByTwo } from './support/tiny-fabric.js';

const run = (model: Accelerator, work: PhaseWork): WorkCounts => model.start().executeStep([work]).works[0];

/** A forward pass over maps of ones. */
const ones = (nest: GemmWork['nest']) => workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);

const dense = (batch: number, inFeatures: number, outFeatures: number) => ones(denseNest({ batch, inFeatures, outFeatures }));

/** A work with other values in one of its maps. */
const withBits = (work: GemmWork, operand: 'input' | 'kernel', values: readonly number[]): GemmWork => ({
  ...work,
  [operand]: { ...work[operand], nonzeros: bitsFrom([...values], work[operand].nonzeros.shape) },
});

describe('actions that are counted by hand', () => {
  it('TensorDash: 6 rows of 16 values staged of A and of W, 6 products in 2 cycles, 1 output, 436 bytes', () => {
    const dot = Array.from({ length: 96 }, (_, i) => Number(i % 16 === 0));
    const counts = run(tensorDash({ tiles: 1, tileRows: 1, tileCols: 1 }), withBits(dense(1, 96, 1), 'input', dot));
    expect(counts.actions).toEqual({
      registerAccess: 192 + 2 * 6 + 2 * 2,
      sramLargeAccess: 192 + 1 + 436 / 4,
      zeroDetect: 192,
      indexOp: 6,
      multiplyFp32: 6,
      addFp32: 6,
      dramByte: 436,
      leakUnitCycle: 16 * counts.cycles,
    });
    expect(counts.idealCycles).toBe(436 / 64);
  });

  it('Procrustes: 8 weights for 2 images, 16 products, 8 outputs; every word of A and every output pass two links', () => {
    const values = [0, 1, 2, 3].flatMap((input) => [4, 3, 1, 0].map((count) => Number(input < count)));
    const counts = run(procrustes({ peRows: 2, peCols: 2, tileWeights: 8 }), withBits(dense(2, 4, 4), 'kernel', values));
    expect(counts.actions).toEqual({
      registerAccess: 4 * 16,
      sramLargeAccess: 8 + 16 + 8 + 114 / 4,
      nocHop: 8 * 2 + 16 + 8 * 2,
      indexOp: 16,
      multiplyFp32: 16,
      addFp32: 16,
      dramByte: 114,
      leakUnitCycle: 4 * counts.cycles,
    });
  });

  it.each([
    ['DaDianNao++', dadiannao({ clockGhz: 2 }), 0, 1288],
    ['the front end of 003, 3 bits beside each weight', tactical({ clockGhz: 2 }), 3, 1295],
  ] as const)('%s: 16 weights for 18 pixels, 288 products, 18 outputs of one filter', (_, model, bits, dramBytes) => {
    const counts = run(model, ones(convNest({ batch: 2, inSize: [9], inChannels: 16, outChannels: 1, kernelSize: [1] })));
    expect(counts.actions).toEqual({
      multiplyFp32: 288,
      addFp32: 288,
      registerAccess: 2 * 288 + 2 * 18,
      sramSmallAccess: 288 * (1 + bits / 32),
      sramLargeAccess: 288 + 18 + dramBytes / 4,
      nocHop: 288,
      indexOp: bits > 0 ? 288 : 0,
      dramByte: dramBytes,
      leakUnitCycle: (1024 * counts.cycles) / 2,
    });
  });

  it('the design of 001: 128 products; 32 words of A in 133 bytes, 8 weights in 34, 64 outputs in 266', () => {
    const nest = convNest({ batch: 1, inSize: [4, 4], inChannels: 2, outChannels: 4, kernelSize: [1, 1] });
    const torus = { pes: 4, torusRows: 2, torusCols: 2, partitionRows: 2, partitionCols: 1, dramBytesPerCycle: 64 } as const;
    const { actions } = run(balanced({ ...torus, stealing: false, coarse: 'even' }), ones(nest));
    expect(actions).toMatchObject({
      registerAccess: 4 * 128,
      sramSmallAccess: 2 * 128 + (133 * 2 + 34 * 4 + 266) / 4,
      sramLargeAccess: (133 + 34 + 266) / 4 + 433 / 4,
      indexOp: 32 + 128 + 64,
      zeroDetect: 64,
    });
  });

  it('SAT: an update reads and writes 81,920 bytes, 8,192 additions and multiplications', () => {
    const weights = { role: 'W', source: 'fc', nonzeros: onesBits([64, 64]) } as const;
    const update: UpdateWork = { kind: 'update', layer: 'fc', phase: 'weightUpdate', weights, slots: 1, masked: false };
    const { actions, idealCycles } = run(sat({ clockGhz: 2 }), update);
    expect(actions).toMatchObject({
      registerAccess: 3 * 8192,
      sramLargeAccess: (2 * 81_920) / 4,
      leakUnitCycle: (1024 * 1280) / 2,
    });
    expect(idealCycles).toBe(1280);
  });

  it('SCNN: 3 values of a diagonal times 3 weights of two channels, 5 of the 9 products on the map', () => {
    const work = withBits(
      withBits(
        ones(convNest({ batch: 1, inSize: [3, 3], inChannels: 1, outChannels: 2, kernelSize: [2, 2] })),
        'input',
        [1, 0, 0, 0, 1, 0, 0, 0, 1],
      ),
      'kernel',
      [1, 0, 0, 1, 0, 0, 1, 0],
    );
    const { actions } = run(scnn({ peRows: 1, peCols: 1, activationVector: 2, weightVector: 2 }), work);
    expect(actions).toMatchObject({
      multiplyFp32: 9,
      addFp32: 5,
      registerAccess: 4 * 4,
      sramSmallAccess: 33,
      nocHop: 9,
      indexOp: 18,
    });
  });
});

describe('operands that do not fit on chip', () => {
  const bytesOf = (more: Parameters<typeof acf>[0]) => run(acf({ ...twoByTwo, rows: 1, cols: 1, ...more }), tiny).dramBytes;

  it.each([
    ['OS reads A again, 22 bytes, for the second output', 'OS', 0.1, { W: 40, A: 2 * 22 + 16 }],
    ['OS with room for A reads all once', 'OS', 0.15, { W: 40, A: 22 + 16 }],
    ['WS reads A again', 'WS', 0.1, { W: 40, A: 2 * 22 + 16 }],
    ['IS reads W again, 40 bytes, for the second image', 'IS', 0.1, { W: 2 * 40, A: 22 + 16 }],
  ] as const)('ACF: %s', (_, dataflow, sramKb, expected) => {
    expect(bytesOf({ dataflow, sramKb })).toEqual({ ...expected, E: 0, G: 0 });
  });

  it('ACF: with 1-bit column indices a row of W is cut into pieces, each with a pointer', () => {
    expect(bytesOf({ dataflow: 'OS', indexBits: 1 }).W).toBe(Math.ceil((5 * 33 + 5 * 32) / 8));
  });

  it('DaDianNao++: two times 64 KB of weights for 64 KB of them are read once for each half of the images', () => {
    const memories = { activationMemoryKb: 64, weightMemoryKb: 64 };
    expect(run(dadiannao(memories), dense(64, 256, 256)).dramBytes.W).toBe(2 * 4 * 256 * 256);
  });

  it('Procrustes: half tiles that do not divide the reduction have a pointer each, too', () => {
    expect(run(procrustes({ tileWeights: 8 }), dense(1, 5, 4)).dramBytes.W).toBe(115);
  });
});

describe('memory behind compute', () => {
  it.each([
    ['TensorDash', tensorDash({ tiles: 1, tileRows: 1, tileCols: 1 }), dense(1, 96, 4), 39],
    ['DaDianNao++', dadiannao({ tiles: 1, filters: 1 }), dense(1, 64, 8), 45],
  ])('%s loads one fold while it computes another', (_, model, work, cycles) => {
    expect(run(model, work).cycles).toBe(cycles);
  });
});

describe('areasOf', () => {
  const counted = ({ spec }: Accelerator) => areasOf(spec)?.components.map(({ component, count }) => [component, count]);

  it('ACF: links of 32 bits, two trees of 1024 leaves and 3 levels of 128 groups above, 4 bits of configuration each', () => {
    expect(counted(acf())).toEqual([
      ['processing elements', 1024],
      ['queues', 1024],
      ['interconnect', 2 * 32 * (1024 + 3 * 128) + 4 * 1024],
      ['memory controller', 2 * 128 + 16],
      ['buffer', 1],
    ]);
  });

  it('ACF: a queue holds 128 words of each operand', () => {
    const queues = areasOf(acf().spec)?.components.find(({ component }) => component === 'queues');
    expect(queues?.areaMm2).toBeCloseTo(areasOf(acf({ sramKb: 1 }).spec)?.components.at(-1)?.areaMm2 as number, 12);
  });

  it('SAT: two comparisons in each of 32 lanes of the reduction engine, 32 lanes of updates', () => {
    expect(counted(sat())).toEqual([
      ['processing elements', 1024],
      ['sparse online reduction engine', 64],
      ['weight update vector engine', 32],
      ['buffer', 1],
    ]);
  });
});
