import * as fc from 'fast-check';
import {
  type Accelerator,
  acf,
  balanced,
  bernoulliBits,
  bitsFrom,
  convNest,
  createAccelerator,
  decode,
  denseNest,
  effectualMacs,
  encodeRp,
  energyTables,
  type GemmWork,
  type LayerTensors,
  loadBalance,
  onesBits,
  presets,
  price,
  rpBits,
  scnn001,
  sigma001,
  sparseTrain001,
  trainingWorks,
  type WorkCounts,
  workMacs,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import type { BalancedSpec } from '../../src/hw/balanced/options.js';
import { createRng } from '../../src/rng.js';
import { phases, sampledWorks, workOf } from './support/small-works.js';

const designs: readonly [string, (options?: object) => Accelerator][] = [
  ['balanced', balanced],
  ['scnn001', scnn001],
  ['sigma001', sigma001],
  ['sparseTrain001', sparseTrain001],
];

const sum = (record: Readonly<Record<string, number>>) => Object.values(record).reduce((total, value) => total + value, 0);
const run = (accelerator: Accelerator, work: GemmWork): WorkCounts => accelerator.start().executeStep([work]).works[0];
const compute = ({ cycles, units, idleUnitCycles }: WorkCounts) => cycles - idleUnitCycles.memory / units;

it.each([...designs, ['acf', acf] as const])('%s moves all tensors of a layer, whatever ran before it', (_, design) => {
  const nest = denseNest({ batch: 2, inFeatures: 8, outFeatures: 8 }); // small enough for any buffer
  const [first, second] = ['first', 'second'].map((layer, i) => ({
    ...workOf(nest, 'forward', { input: 0.5, kernel: 0.5 }, i),
    layer,
  }));
  const [, behind] = design().start().executeStep([first, second]).works;
  const alone = run(design(), second);
  expect(behind.dramBytes).toEqual(alone.dramBytes);
  expect(behind.dramBytes.A).toBeGreaterThan(0);
});

describe.each(designs)('%s', (_, design) => {
  it('accounts for every unit-cycle, never beats the ideal, and counts real non-zeros, of samples too', () => {
    const options = fc.record({
      dramBytesPerCycle: fc.constantFrom(1, 7.5, 1024),
      rowLayout: fc.constantFrom('mapRow' as const, 'flattened' as const),
      chargeTranspose: fc.boolean(),
      peSramKb: fc.constantFrom(0.01, 0.1, 3072),
      globalBufferKb: fc.constantFrom(0.01, 262_144),
      linkWords: fc.constantFrom(undefined, 0.5, 8),
    });
    fc.assert(
      fc.property(sampledWorks, options, (work, option) => {
        const counts = run(design(option), work);
        expect(counts.usefulUnitCycles + sum(counts.idleUnitCycles)).toBe(counts.units * counts.cycles);
        for (const lost of Object.values(counts.idleUnitCycles)) expect(lost).toBeGreaterThanOrEqual(0);
        expect(counts.idealCycles).toBeLessThanOrEqual(counts.cycles + 1e-6);
        expect(sum(counts.dramBytes)).toBeCloseTo(counts.actions.dramByte, 3);
        expect(counts.macs.dense).toBeCloseTo(workMacs(work) * work.imageScale, 3);
        expect(counts.macs.executed).toBeGreaterThanOrEqual(counts.macs.effectual);
        if (Number.isInteger(work.imageScale)) expect(counts.macs.effectual).toBe(effectualMacs({ ...work }) * work.imageScale);
        expect(price(counts, design().energyTable).totalPj).toBeGreaterThan(0);
      }),
      { numRuns: 150, seed: 36 },
    );
  });

  it.each(phases)('works on nothing when an operand has no non-zeros, and on everything when both are dense: %s', (phase) => {
    const nest = convNest({ batch: 2, inSize: [5, 4], inChannels: 3, outChannels: 4, kernelSize: [3, 3], padding: 'same' });
    const empty = run(design(), workOf(nest, phase, { input: 0, kernel: 0.5 }, 1));
    expect(empty.macs).toMatchObject({ effectual: 0 });
    expect(Number.isFinite(empty.cycles)).toBe(true);
    const dense = run(design(), workOf(nest, phase, { input: 1, kernel: 1 }, 1));
    expect(dense.macs.effectual).toBe(dense.macs.dense);
  });

  it('has right numbers for a kernel that is larger than the map, and for maps of one pixel', () => {
    const large = convNest({ batch: 1, inSize: [2, 2], inChannels: 2, outChannels: 3, kernelSize: [5, 5], padding: [2, 2] });
    const pixel = convNest({ batch: 2, inSize: [1, 1], inChannels: 5, outChannels: 3, kernelSize: [3, 3], padding: 'same' });
    for (const nest of [large, pixel]) {
      for (const phase of phases) {
        const counts = run(design(), workOf(nest, phase, { input: 1, kernel: 1 }, 1));
        expect(counts.macs.effectual).toBe(counts.macs.dense);
      }
    }
  });

  it.each([
    [{ dramBytesPerCycle: 0 }, /dramBytesPerCycle: got 0, expected more than 0/],
    [
      { pes: 64, torusRows: 9, torusCols: 9 },
      /pes: got 64, expected torusRows \* torusCols, one PE per router .*: no router is left empty/,
    ],
    [{ indexBits: 0 }, /indexBits: got 0, expected at least 1/],
    [{ torusRow: 8 }, /torusRow/],
  ])('refuses %j', (options, message) => {
    expect(() => design(options)).toThrow(message);
  });

  it('takes as long as its words need on the links, where they are to be waited for, and is the same but for that', () => {
    fc.assert(
      fc.property(sampledWorks, fc.constantFrom(0.01, 0.5, 3), (work, linkWords) => {
        const options = { pes: 12, torusRows: 3, torusCols: 4, dramBytesPerCycle: 1e12 };
        const grid =
          design === balanced || design === sparseTrain001 ? { ...options, partitionRows: 2, partitionCols: 2 } : options;
        const [free, bound] = [grid, { ...grid, linkWords }].map((option) => run(design(option), work));
        const busy = Math.ceil((free.actions.nocHop ?? 0) / (12 * 4 * linkWords));
        expect(compute(bound)).toBe(Math.max(compute(free), busy));
        const { network, memory: _, ...idle } = bound.idleUnitCycles;
        expect(network).toBe(bound.units * (compute(bound) - compute(free)));
        const { memory: __, ...without } = free.idleUnitCycles;
        expect(idle).toEqual(without);
      }),
      { numRuns: 60, seed: 41 },
    );
    expect(() => design({ linkWords: 0 })).toThrow(/linkWords: got 0, expected more than 0/);
  });

  it('takes a batch of millions, and refuses one that counters cannot hold', () => {
    const nest = denseNest({ batch: 2, inFeatures: 9, outFeatures: 5 });
    const work = workOf(nest, 'forward', { input: 1, kernel: 1 }, 2);
    expect(run(design(), { ...work, imageScale: 1e6 }).macs.effectual).toBe(90e6);
    expect(() => run(design(), { ...work, imageScale: 1e14 })).toThrow(/images of the batch/);
  });

  it('stores, moves and computes in proportion to the images that a sample stands for', () => {
    const nest = denseNest({ batch: 4, inFeatures: 50, outFeatures: 20 });
    const work = workOf(nest, 'forward', { input: 0.4, kernel: 0.3 }, 2);
    const [one, three] = [1, 3].map((imageScale) => run(design(), { ...work, imageScale }));
    expect(three.macs.effectual).toBe(3 * one.macs.effectual);
    expect(three.dramBytes.A / 3).toBeCloseTo(one.dramBytes.A, -1);
    expect(three.dramBytes.W).toBe(one.dramBytes.W);
  });
});

describe.each([...designs.map(([name]) => name)])('%s at rest', (kind) => {
  const preset = Object.values(presets).find((one) => one.kind === kind) as { name: string; kind: string };
  const work = workOf(denseNest({ batch: 2, inFeatures: 8, outFeatures: 8 }), 'forward', { input: 1, kernel: 1 }, 1);

  it('takes the watts of its spec, whatever the node of the energy table and the clock', () => {
    for (const energyTable of Object.keys(energyTables)) {
      const model = createAccelerator({ ...preset, energyTable, clockGhz: 0.5 });
      const counts = run(model, work);
      const { leakage } = price(counts, model.energyTable).byComponentPj;
      const { staticPowerW } = model.spec as BalancedSpec;
      expect(leakage / (counts.cycles / 0.5) / 1000).toBeCloseTo(staticPowerW, 10);
    }
  });

  it('leaks nothing in a table in which leakage is free', () => {
    const free = energyTables['45nm'];
    const leakUnitCycle = { ...free.actions.leakUnitCycle, pj: 0 };
    const model = createAccelerator({ ...preset, energyTable: { ...free, actions: { ...free.actions, leakUnitCycle } } });
    expect(run(model, work).actions.leakUnitCycle).toBe(0);
  });

  it('refuses less than no watts', () => {
    expect(() => createAccelerator({ ...preset, staticPowerW: -1 })).toThrow(/staticPowerW: got -1, expected at least 0/);
  });
});

it('has the static power of Table IV with 64 PEs, and with others in proportion but for the controller', () => {
  const staticPowerW = (spec: Accelerator['spec']) => (spec as BalancedSpec).staticPowerW;
  const grids = { 16: [4, 4], 64: [8, 8] } as const;
  const watts = ([_, design]: (typeof designs)[number], pes: 16 | 64) =>
    staticPowerW(design({ pes, torusRows: grids[pes][0], torusCols: grids[pes][1] }).spec);
  expect(designs.map((design) => watts(design, 64))).toEqual([0.295, 0.289, 0.332, 0.291]);
  const quarters = [0.02 + 0.275 / 4, 0.289 / 4, 0.332 / 4, 0.291 / 4];
  designs.forEach((design, i) => {
    expect(watts(design, 16)).toBeCloseTo(quarters[i], 12);
  });
  expect(staticPowerW(createAccelerator('balanced-54').spec)).toBeCloseTo(0.02 + 54 * (0.275 / 64), 12);
  expect(staticPowerW(createAccelerator('balanced-81').spec)).toBeCloseTo(0.02 + 81 * (0.275 / 64), 12);
  expect(staticPowerW(balanced({ staticPowerW: 0 }).spec)).toBe(0);
});

describe.each(designs)('%s with narrow values', (_, design) => {
  it('moves fewer words of 32 bits, but for partial sums and what tells where the values belong', () => {
    const nest = convNest({ batch: 1, inSize: [8, 8], inChannels: 4, outChannels: 8, kernelSize: [3, 3], padding: 'same' });
    const [wide, narrow] = [32, 16].map((valueBits) =>
      run(design({ valueBits }), workOf(nest, 'forward', { input: 1, kernel: 1 }, 1)),
    );
    for (const action of ['sramSmallAccess', 'sramLargeAccess', 'nocHop'] as const) {
      const rest = 2 * narrow.actions[action] - wide.actions[action]; // words are rest + values * valueBits / 32
      expect(rest / wide.actions[action], action).toBeLessThan(0.35);
    }
  });

  it('updates them in words of as many bits', () => {
    const weights = { role: 'W', source: 'fc', nonzeros: onesBits([64]) } as const;
    const update = { kind: 'update', layer: 'fc', phase: 'weightUpdate', weights, slots: 1, masked: false } as const;
    for (const valueBits of [8, 16, 32]) {
      const [counts] = design({ valueBits }).start().executeStep([update]).works;
      expect(counts.actions.sramSmallAccess).toBe((3 * 128 * valueBits) / 32);
    }
  });
});

describe('traffic', () => {
  const nest = convNest({ batch: 2, inSize: [6, 7], inChannels: 3, outChannels: 4, kernelSize: [3, 3], padding: 'same' });
  const rng = createRng(9);
  const A = bernoulliBits([2, 6, 7, 3], 0.4, rng);
  const E = bernoulliBits([2, 6, 7, 4], 0.3, rng);
  const W = bernoulliBits([3, 3, 3, 4], 0.2, rng);
  const record: LayerTensors = {
    ...{ layer: 'conv', use: 0, nest, W, backwardW: W, A, E, G: W },
    ...{ needsInputGradient: true, batchTotal: 2 },
  };
  /** Bytes of a tensor in RP, encoded row by row: rows are the columns of one (outer, inner). */
  const encodedBytes = (bits: typeof A, columns: number, inner: number) => {
    const rows = A.shape && bits.shape.reduce((size, axis) => size * axis, 1) / columns;
    const dense = Float32Array.from({ length: rows * columns }, (_, i) => {
      const [row, x] = [Math.floor(i / columns), i % columns];
      const at = (Math.floor(row / inner) * columns + x) * inner + (row % inner);
      return (bits.words[at >>> 5] >>> (at & 31)) & 1;
    });
    const matrix = encodeRp(dense, rows, columns, { valueBits: 32, indexBits: 8 });
    expect(decode(matrix)).toEqual(dense);
    let size = 0;
    for (const { format, values } of matrix.lines)
      size += 1 + 32 * values.length + (format === 'csr' ? 8 + 8 * values.length : columns);
    return Math.ceil(size / 8);
  };

  it('is the size of the tensors as encoded: rows of maps and of kernels, or flattened ones', () => {
    const [forward, inputGradient, weightGradient, update] = balanced()
      .start()
      .executeStep(trainingWorks([record], { slots: 0, masked: ['conv'] })).works;
    const [a, e, w] = [encodedBytes(A, 7, 3), encodedBytes(E, 7, 4), encodedBytes(W, 3, 12)];
    expect(forward.dramBytes).toEqual({ W: w, A: a + e, E: 0, G: 0 }); // the output has the zeros of E: those of the ReLU
    expect(inputGradient.dramBytes).toEqual({ W: 3 * w, A: 0, E: e + a, G: 0 }); // W once more in and out, transposed
    expect(weightGradient.dramBytes).toEqual({ W: 0, A: a, E: e, G: w });
    expect(update.dramBytes).toEqual({ W: 2 * w, A: 0, E: 0, G: w });
    const [flat] = balanced({ rowLayout: 'flattened' })
      .start()
      .executeStep(trainingWorks([record], { slots: 0, masked: ['conv'] })).works;
    const widths = { valueBits: 32, indexBits: 8 };
    const bytes = (bits: typeof A, cols: number) => Math.ceil(rpBits(bits, cols, widths) / 8);
    expect(flat.dramBytes).toEqual({ W: encodedBytes(W, 27, 4), A: bytes(A, 21) + bytes(E, 28), E: 0, G: 0 });
  });

  const bytesIn = (records: readonly LayerTensors[]) =>
    balanced()
      .start()
      .executeStep(trainingWorks(records, { slots: 0, masked: [] }))
      .works.map(({ layer, phase, dramBytes }) => ({ layer, phase, dramBytes }));

  it('stores the input gradient with the zeros of A as ReLU made them, not as a method thins A for the weight gradient', () => {
    const [, plain] = bytesIn([record]);
    const [, thinned] = bytesIn([{ ...record, gradientA: bernoulliBits(A.shape, 0.05, rng) }]);
    expect(thinned).toEqual(plain);
  });

  it('stores the output with the zeros of E as the step has it, not as a method thins E for the input gradient', () => {
    const backwardE = bernoulliBits(E.shape, 0.05, rng);
    expect(bytesIn([{ ...record, backwardE }])[0]).toEqual(bytesIn([record])[0]);
    expect(bytesIn([{ ...record, G: undefined }])[0]).toEqual(bytesIn([record])[0]); // frozen: there is no other E
  });

  it.each([[[true, true, true]], [[false, true, true]], [[false, true, false]]])(
    'takes the maps of each use of a shared layer, of which some need an input gradient: %j',
    (needed) => {
      const gapless = needed.lastIndexOf(true) === needed.length - 1; // else no work tells which use of a frozen layer it belongs to
      for (const G of gapless ? [W, undefined] : [W]) {
        const uses = needed.map((needsInputGradient, use): LayerTensors => {
          const [a, e] = [A, E].map(({ shape }) => bernoulliBits(shape, 0.2 + 0.3 * use, rng));
          return { ...record, use, A: a, E: G || needsInputGradient ? e : undefined, G, needsInputGradient };
        });
        const gemms = ({ phase }: { phase: string }) => phase !== 'weightUpdate';
        const shared = bytesIn(uses).filter(gemms);
        const apart = bytesIn(uses.map((one, use) => ({ ...one, layer: `conv${use}`, use: 0 }))).filter(gemms);
        expect(shared).toEqual(apart.map((work) => ({ ...work, layer: 'conv' })));
      }
    },
  );

  it('has a dense master beside the weights that the next step reads, where zeros have no mask', () => {
    const update = (weights: typeof W) =>
      balanced()
        .start()
        .executeStep(trainingWorks([{ ...record, W: weights, backwardW: weights }], { slots: 2, masked: [] }))
        .works.at(-1) as WorkCounts;
    const full = onesBits(W.shape);
    const [w, master, values] = [encodedBytes(W, 3, 12), encodedBytes(full, 3, 12), 4 * 9 * 12];
    expect(update(full).dramBytes).toEqual({ W: 2 * master + 4 * values, A: 0, E: 0, G: master });
    expect(update(W).dramBytes).toEqual({ W: 2 * master + 4 * values + w, A: 0, E: 0, G: master });
    expect(update(W).macs).toEqual(update(full).macs);
  });

  it('takes outputs to be as dense as the input where the step says nothing of them', () => {
    const [forward] = trainingWorks([record], { slots: 0, masked: [] }) as GemmWork[];
    const a = encodedBytes(A, 7, 3);
    const alone = run(balanced(), forward).dramBytes.A - a;
    expect(alone).toBeCloseTo((a * 4) / 3, -1); // 4 channels out of 3
    const small = convNest({ batch: 2, inSize: [3, 4], inChannels: 3, outChannels: 4, kernelSize: [3, 3], padding: 'same' });
    const again = { ...workOf(small, 'forward', { input: 0.5, kernel: 0.5 }, 7), layer: 'conv' }; // at another size
    const [first] = balanced()
      .start()
      .executeStep([again, ...trainingWorks([record], { slots: 0, masked: [] })]).works;
    expect(first.dramBytes).toEqual(run(balanced(), again).dramBytes);
  });

  it('expands the input of SIGMA by its windows, unless that is done on chip', () => {
    const onChip = run(sigma001({ im2colOffChip: false }), trainingWorks([record], { slots: 0, masked: [] })[0] as GemmWork);
    const offChip = run(sigma001(), trainingWorks([record], { slots: 0, masked: [] })[0] as GemmWork);
    const ones = onesBits([2, 6, 7, 3]);
    const full = run(sigma001(), { ...(trainingWorks([{ ...record, A: ones }], { slots: 0, masked: [] })[0] as GemmWork) });
    // 2 images x 42 windows x 27 elements of a bit each, and the values that lie inside: 16 of 18 rows, 19 of 21 columns.
    const windows = (2 * 42 * 27) / 8 + 2 * 16 * 19 * 3 * 4;
    expect(full.dramBytes.A).toBe(Math.ceil(windows) + (2 * 42 * 4) / 8 + 2 * 42 * 4 * 4);
    expect(offChip.dramBytes.A).toBeGreaterThan(3 * onChip.dramBytes.A);
  });

  it('reads operands again when they do not fit, from a partitioned SRAM sooner', () => {
    const work = workOf(denseNest({ batch: 64, inFeatures: 256, outFeatures: 256 }), 'forward', { input: 1, kernel: 1 }, 4);
    const grid = { pes: 1, torusRows: 1, torusCols: 1 };
    const one = { ...grid, partitionRows: 1, partitionCols: 1 };
    // CSR of 64 and of 256 rows of 256 values: 40 bits each, 8 bits per row and 8 more.
    const [input, kernel] = [64, 256].map((rows) => (rows * 256 * 40 + (rows + 1) * 8) / 8);
    const sramKb = (kb: number) => ({ peSramKb: kb / 2, globalBufferKb: kb / 2 });
    const loaded = ({ dramBytes }: WorkCounts) => dramBytes.W + dramBytes.A - input; // the output is as large as the input
    // Thirds of 32 KB: the input has 3 tiles and the kernel 11, so that the kernel comes three times.
    expect(loaded(run(sparseTrain001({ ...one, ...sramKb(96) }), work))).toBe(input + 3 * kernel);
    // Thirds of 82,000 bytes hold the input, of 81,985; but their fifth for indices is too small for its 16,449.
    expect(loaded(run(sparseTrain001({ ...one, ...sramKb(246_000 / 1024) }), work))).toBe(input + kernel);
    expect(loaded(run(scnn001({ ...grid, ...sramKb(246_000 / 1024) }), work))).toBe(input + 2 * kernel);
  });

  it('reads the smaller operand once per tile of a weight gradient, unless it fits', () => {
    const work = workOf(
      denseNest({ batch: 64, inFeatures: 256, outFeatures: 128 }),
      'weightGradient',
      { input: 1, kernel: 1 },
      4,
    );
    const one = { pes: 1, torusRows: 1, torusCols: 1, partitionRows: 1, partitionCols: 1 };
    const bytes = (kb: number) => run(sparseTrain001({ ...one, peSramKb: kb / 2, globalBufferKb: kb / 2 }), work).dramBytes;
    // CSR: 64 rows of 256 and of 128 values, and 128 rows of 256 gradients.
    const [A, E, G] = [
      [64, 256],
      [64, 128],
      [128, 256],
    ].map(([rows, cols]) => (rows * cols * 40 + (rows + 1) * 8) / 8);
    expect([A, E, G]).toEqual([81_985, 41_025, 163_969]);
    expect(bytes(96)).toEqual({ W: 0, A, E: 6 * E, G }); // thirds of 32 KB
    expect(bytes(144)).toEqual({ W: 0, A, E, G }); // 48 KB: E stays for all 4 tiles of G
  });
});

describe('the balanced accelerator', () => {
  it('by hand: a layer of ones on four PEs in two partitions', () => {
    // 4 rows x 4 columns x 2 channels, 1x1 kernel, 4 kernels: two rows per partition, a unit of each kernel per PE.
    const nest = convNest({ batch: 1, inSize: [4, 4], inChannels: 2, outChannels: 4, kernelSize: [1, 1] });
    const options = {
      ...{ pes: 4, torusRows: 2, torusCols: 2, partitionRows: 2, partitionCols: 1, multipliers: 16 },
      ...{ dramBytesPerCycle: 64, stealing: false, coarse: 'even' as const },
    };
    const counts = run(balanced(options), workOf(nest, 'forward', { input: 1, kernel: 1 }, 1));
    // A PE has 4 units of 4 columns x 2 channels: 32 products in 2 batches, but 8 row pairs: 8 cycles, 96 of 128 slots empty.
    expect(compute(counts)).toBe(8);
    expect(counts.idleUnitCycles).toMatchObject({ indexMatching: 4 * 96, fragmentation: 0, imbalance: 0, stealing: 0 });
    expect(counts.usefulUnitCycles).toBe(4 * 32);
    // A: 8 rows of 1 tag, 4 bits and 4 values, 1064 bits; W: 8 rows of 1 tag, 1 bit, 1 value, 272 bits; outputs as A: 16 rows.
    expect(counts.dramBytes).toEqual({ W: 34, A: 133 + 266, E: 0, G: 0 });
    // Mean distance 1: an input word takes 1 + 1 links, a kernel word 1 + 3, an output word 1.
    expect(counts.actions.nocHop).toBe((133 / 4) * 2 + (34 / 4) * 4 + 266 / 4);
    // A weight gradient: rows of E (1 tag, 4 bits, 4 values: 16 rows) go where those of A go, and each PE has a part of G (8 rows of 1).
    const gradient = workOf(nest, 'weightGradient', { input: 1, kernel: 1 }, 1);
    expect(run(balanced(options), gradient).actions.nocHop).toBe((133 / 4) * 2 + (266 / 4) * 2 + (34 / 4) * 4);
    // 167 words over the 8 links of four routers with two neighbours each, one per cycle: 21 cycles, of which 13 are waited.
    const narrow = run(balanced({ ...options, linkWords: 1 }), workOf(nest, 'forward', { input: 1, kernel: 1 }, 1));
    expect(narrow.actions).toMatchObject({ nocHop: 167 });
    expect([compute(narrow), narrow.idleUnitCycles.network]).toEqual([21, 64 * 13]);
    const fast = run(balanced({ ...options, rowPairsPerCycle: 8 }), workOf(nest, 'forward', { input: 1, kernel: 1 }, 1));
    expect([compute(fast), fast.idleUnitCycles.indexMatching]).toEqual([2, 0]);
    const slow = run(
      balanced({ ...options, rowPairsPerCycle: 8, multiplyInitiationInterval: 10 }),
      workOf(nest, 'forward', { input: 1, kernel: 1 }, 1),
    );
    expect([compute(slow), slow.idleUnitCycles.initiation]).toEqual([20, 9 * 128]);
  });

  it('charges what of Procedure 1 the store of the work before does not hide', () => {
    const nest = convNest({ batch: 1, inSize: [36, 8], inChannels: 4, outChannels: 14, kernelSize: [1, 1] });
    const work = workOf(nest, 'forward', { input: 0.5, kernel: 1 }, 3);
    const [alone, after] = balanced({ dramBytesPerCycle: 8 }).start().executeStep([work, work]).works;
    expect(alone.idleUnitCycles.balancing).toBeGreaterThan(0);
    expect(after.idleUnitCycles.balancing).toBe(0);
    const run = balanced({ dramBytesPerCycle: 8 }).start();
    run.executeStep([work]);
    const [next] = balanced({ dramBytesPerCycle: 8 }).start(run.state()).executeStep([work]).works;
    expect(next.idleUnitCycles.balancing).toBe(0);
  });

  it('levels work that the dimension split leaves uneven, in the order of claim 11', () => {
    const rng = createRng(5);
    const nest = convNest({ batch: 2, inSize: [54, 32], inChannels: 16, outChannels: 64, kernelSize: [3, 3], padding: 'same' });
    const shaped = workOf(nest, 'forward', { input: 1, kernel: 0.2 }, 6);
    const words = new Uint32Array(shaped.input.nonzeros.words.length);
    for (let i = 0; i < 2 * 54 * 32 * 16; i++) {
      const row = Math.floor(i / (32 * 16)) % 54;
      if (rng.uniform() < 0.15 + (0.5 * row) / 54) words[i >>> 5] |= 1 << (i & 31);
    }
    const work = { ...shaped, input: { ...shaped.input, nonzeros: { ...shaped.input.nonzeros, words } } };
    const { dimension, coarse, twoLevel } = loadBalance(work, balanced({ rowPairsPerCycle: 1000 }).spec as BalancedSpec);
    const deviation = (counts: readonly number[]) => {
      const mean = counts.reduce((total, count) => total + count, 0) / counts.length;
      return Math.sqrt(counts.reduce((total, count) => total + (count / mean - 1) ** 2, 0) / counts.length);
    };
    for (const level of [dimension, coarse, twoLevel])
      expect(level.reduce((total, count) => total + count, 0)).toBe(effectualMacs(work));
    expect(deviation(dimension)).toBeGreaterThan(2 * deviation(coarse));
    expect(deviation(coarse)).toBeGreaterThan(1.5 * deviation(twoLevel));
  });

  it.each(['balanced', 'balanced-54', 'balanced-81'] as const)('gives each PE of %s as much of perfectly even work', (name) => {
    // 504 rows under 504 kernels are shared out evenly among 7, 8, 6 or 9 PEs; of 512 lines 64 PEs have 8 each.
    const nest = convNest({
      batch: 1,
      inSize: [name === 'balanced' ? 512 : 486, 4],
      inChannels: 1,
      outChannels: 504,
      kernelSize: [1, 1],
    });
    const work = workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);
    for (const coarse of ['even', 'repaired', 'prefix'] as const) {
      const { dimension, coarse: bands } = loadBalance(
        work,
        createAccelerator({ ...presets[name], coarse }).spec as BalancedSpec,
      );
      for (const loads of [dimension, bands]) expect(new Set(loads).size, coarse).toBe(1);
    }
  });

  it('stores rows by their bits, or at 88 % whatever their width', () => {
    // One of nine columns, 89 % zeros: 8 + 40 bits in RP-CSR, 9 + 32 in RP-BF. Four rows of the input, and as many of an output like it.
    const nest = convNest({ batch: 1, inSize: [4, 9], inChannels: 1, outChannels: 1, kernelSize: [1, 1] });
    const shaped = workOf(nest, 'forward', { input: 0, kernel: 1 }, 1);
    const input = {
      ...shaped.input,
      nonzeros: bitsFrom(
        [1, 2, 3, 4].flatMap(() => [1, 0, 0, 0, 0, 0, 0, 0, 0]),
        [1, 4, 9, 1],
      ),
    };
    const csrRows = (rowFormat: 'exact' | 'rounded') => run(balanced({ rowFormat }), { ...shaped, input }).decisions.rpCsrRows;
    expect([csrRows('exact'), csrRows('rounded')]).toEqual(['0', '8']);
  });

  it('tells what its partitions have per PE, by the estimate and in products, by hand', () => {
    // Rows of 2, 0, 0 and 3 non-zeros under two kernels, on a partition of one PE and one of two.
    const nest = convNest({ batch: 1, inSize: [4, 4], inChannels: 1, outChannels: 2, kernelSize: [1, 1] });
    const shaped = workOf(nest, 'forward', { input: 0, kernel: 1 }, 1);
    const nonzeros = bitsFrom([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0], [1, 4, 4, 1]);
    const options = { pes: 3, torusRows: 1, torusCols: 3, partitionRows: 1, partitionCols: 2, coarse: 'prefix' as const };
    const { bands } = loadBalance({ ...shaped, input: { ...shaped.input, nonzeros } }, balanced(options).spec as BalancedSpec);
    // No bands are better than 2, and 3 on two PEs; each non-zero meets both kernels.
    expect(bands).toEqual({ estimated: [2, 1.5], products: [4, 3] });
  });

  it('has 64, 54 and 81 PEs in its presets, in nine partitions', () => {
    const pes = ['balanced', 'balanced-54', 'balanced-81'].map((name) => createAccelerator(presets[name]).spec as BalancedSpec);
    expect(pes.map((spec) => spec.pes)).toEqual([64, 54, 81]);
    expect(pes.map((spec) => spec.partitionRows * spec.partitionCols)).toEqual([9, 9, 9]);
  });
});
