import fc from 'fast-check';
import {
  type Accelerator,
  bernoulliBits,
  bitsFrom,
  convNest,
  costOf,
  createAccelerator,
  energyTables,
  type GemmWork,
  getBit,
  onesBits,
  type PhaseWork,
  parseAcceleratorSpec,
  presets,
  resourcesOf,
  type UpdateWork,
  type WorkCounts,
  workMacs,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { smallNests as manyAxes, slowMacs } from './support/reference.js';
import { densities, phases, productWorks, sampledWorks, workOf } from './support/small-works.js';

// Every preset is held to these laws by being listed.
const accelerators: Record<string, Accelerator> = Object.fromEntries(
  Object.keys(presets).map((name) => [name, createAccelerator(name)]),
);
const names = Object.keys(accelerators);

/** Depthwise layers, maps of one pixel, and kernels larger than the map. */
const edgeNests = fc
  .record({
    channels: fc.integer({ min: 1, max: 6 }),
    multiplier: fc.integer({ min: 1, max: 2 }),
    size: fc.constantFrom(1, 2, 5),
    kernel: fc.constantFrom(1, 3, 7),
    stride: fc.integer({ min: 1, max: 2 }),
    batch: fc.integer({ min: 1, max: 3 }),
    depthwise: fc.boolean(),
  })
  .map(({ channels, multiplier, size, kernel, stride, batch, depthwise }) =>
    convNest({
      batch,
      inSize: [size, size],
      inChannels: channels,
      outChannels: channels * multiplier,
      kernelSize: [kernel, kernel],
      stride: [stride, stride],
      padding: 'same',
      groups: depthwise ? channels : 1,
    }),
  );

const gemms: fc.Arbitrary<GemmWork> = fc.oneof(
  sampledWorks,
  productWorks,
  fc
    .record({
      nest: fc.oneof(manyAxes, edgeNests),
      phase: fc.constantFrom(...phases),
      input: densities,
      kernel: densities,
      output: fc.option(densities, { nil: undefined }),
      seed: fc.integer(),
    })
    .map(({ nest, phase, input, kernel, output, seed }) => workOf(nest, phase, { input, kernel, output }, seed)),
);

const updates: fc.Arbitrary<UpdateWork> = fc
  .record({
    size: fc.integer({ min: 1, max: 300 }),
    density: densities,
    slots: fc.integer({ min: 0, max: 2 }),
    masked: fc.boolean(),
    seed: fc.integer(),
  })
  .map(({ size, density, slots, masked, seed }) => ({
    kind: 'update',
    layer: 'other',
    phase: 'weightUpdate',
    weights: { role: 'W', source: 'other', nonzeros: bernoulliBits([size], density, createRng(seed)) },
    slots,
    masked,
  }));

const works: fc.Arbitrary<PhaseWork> = fc.oneof({ weight: 5, arbitrary: gemms }, { weight: 1, arbitrary: updates });

/** A layer that makes a map of 16 x 16 of one of 8 x 8, of which it keeps a tenth. */
const upsampling = workOf(
  convNest({ batch: 2, inSize: [16, 16], inChannels: 12, outChannels: 40, kernelSize: [2, 2], stride: [2, 2], transposed: true }),
  'weightGradient',
  { input: 0.1, kernel: 1 },
  3,
);

const transposedGradients: fc.Arbitrary<GemmWork> = fc
  .record({
    nest: manyAxes,
    input: densities,
    kernel: densities,
    output: fc.option(densities, { nil: undefined }),
    seed: fc.integer(),
  })
  .map(({ nest, input, kernel, output, seed }) =>
    workOf({ ...nest, transposed: true }, 'weightGradient', { input, kernel, output }, seed),
  );

const sum = (record: Readonly<Record<string, number>>) => Object.values(record).reduce((total, value) => total + value, 0);

function run(accelerator: Accelerator, ...steps: PhaseWork[]): WorkCounts[] {
  return [...accelerator.start().executeStep(steps).works];
}

/** Multiply-accumulates of a work, over the images whose bits are present, by loops over all elements. */
function countedMacs(work: PhaseWork): { dense: number; effectual: number } {
  if (work.kind === 'gemm') return slowMacs(work);
  const { shape } = work.weights.nonzeros;
  let kept = 0;
  for (let i = 0; i < shape[0]; i++) kept += Number(!work.masked || getBit(work.weights.nonzeros, i));
  return { dense: workMacs(work), effectual: kept * (1 + work.slots) };
}

function expectLaws(counts: WorkCounts): void {
  const { cycles, units, usefulUnitCycles, idleUnitCycles, macs, idealCycles, actions, dramBytes } = counts;
  expect(usefulUnitCycles + sum(idleUnitCycles)).toBe(units * cycles);
  const all = { cycles, usefulUnitCycles, idealCycles, ...macs, ...idleUnitCycles, ...actions, ...dramBytes };
  for (const [what, value] of Object.entries(all)) expect(Number.isFinite(value) && value >= 0, `${what}: ${value}`).toBe(true);
  expect(macs.executed).toBeGreaterThanOrEqual(macs.effectual);
  expect(cycles).toBeGreaterThanOrEqual(idealCycles);
  expect(idealCycles).toBeGreaterThanOrEqual(macs.effectual / units);
  expect(sum(dramBytes)).toBeCloseTo(actions.dramByte, 6);
  for (const table of Object.values(energyTables)) {
    const { energyPj, byComponentPj } = costOf(counts, table);
    expect(energyPj).toBeGreaterThanOrEqual(0);
    expect(sum(byComponentPj)).toBeCloseTo(energyPj, 3);
  }
}

/** A layer whose map, or whose kernel, is full in part, with as much effectual work wherever its non-zeros are. */
function partlyFull(operand: 'input' | 'kernel', isFull: (i: number, size: number, channels: number) => boolean): GemmWork {
  const nest = convNest({ batch: 1, inSize: [16, 16], inChannels: 64, outChannels: 8, kernelSize: [1, 1] });
  const one = workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);
  const { shape } = one[operand].nonzeros;
  const size = shape.reduce((product, axis) => product * axis, 1);
  const values = Array.from({ length: size }, (_, i) => Number(isFull(i, size, shape[shape.length - 1])));
  return { ...one, [operand]: { ...one[operand], nonzeros: bitsFrom(values, shape) } };
}

/** A preset with other numbers in the fields that match. */
function withNumbers(name: string, fields: RegExp, value: number): Accelerator {
  const numbers = Object.keys(presets[name]).filter((field) => fields.test(field));
  return createAccelerator({ ...presets[name], ...Object.fromEntries(numbers.map((field) => [field, value])) });
}

const nest = convNest({ batch: 2, inSize: [6, 6], inChannels: 4, outChannels: 8, kernelSize: [3, 3], padding: 'same' });
const work = workOf(nest, 'forward', { input: 0.4, kernel: 0.5 }, 1);
const gradient = workOf(nest, 'weightGradient', { input: 0.4, kernel: 0.5, output: 0.5 }, 1);
const ones = (...shape: number[]) => onesBits(shape);

describe.each(names)('the model %s', (name) => {
  const accelerator = accelerators[name];

  it('accounts for every unit-cycle, byte and multiply-accumulate of every kind of layer', () => {
    fc.assert(
      fc.property(works, (one) => {
        const [counts] = run(accelerator, one);
        expectLaws(counts);
        const { dense, effectual } = countedMacs(one);
        const scale = one.kind === 'gemm' ? one.imageScale : 1;
        expect(counts.macs.dense).toBe(dense * scale);
        // Equal where the images divide the batch; where not, some of them stand in it once more than others.
        expect(counts.macs.effectual).toBeGreaterThanOrEqual(effectual * Math.floor(scale));
        expect(counts.macs.effectual).toBeLessThanOrEqual(effectual * Math.ceil(scale));
        expect([counts.layer, counts.phase, counts.units]).toEqual([one.layer, one.phase, resourcesOf(accelerator.spec)?.units]);
      }),
      { numRuns: 30 },
    );
  });

  it('leaks by the second: at twice the clock half as much in a cycle', () => {
    const [[slow], [fast]] = [1, 2].map((clockGhz) => run(withNumbers(name, /^clockGhz$/, clockGhz), work));
    expect(fast.actions.leakUnitCycle / fast.cycles).toBeCloseTo(slow.actions.leakUnitCycle / slow.cycles / 2, 9);
  });

  it('counts registers and links in words of 32 bits: operands of 16 bits are half of one, and of sums are no more', () => {
    const is001 = 'valueBits' in presets[name];
    const [wide, narrow] = [32, 16].map((bits) => {
      const machine = is001
        ? withNumbers(name, /^valueBits$/, bits)
        : createAccelerator({ ...presets[name], bytesPerValue: (bits / 8) as 2 | 4 });
      return run(machine, work)[0].actions;
    });
    for (const action of ['registerAccess', 'nocHop'] as const) {
      const [most, least] = [wide[action] ?? 0, narrow[action] ?? 0];
      expect(least).toBeGreaterThanOrEqual(most / 2);
      if (action === 'registerAccess') expect(least).toBeLessThan(most);
      else expect(least).toBeLessThanOrEqual(most);
    }
  });

  it('moves nothing of a product of two activations as weights or their gradients', () => {
    fc.assert(
      fc.property(productWorks, (one) => {
        const [{ dramBytes }] = run(accelerator, one);
        expect([dramBytes.W, dramBytes.G]).toEqual([0, 0]);
        expect(Math.min(dramBytes.A, dramBytes.E)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 15 },
    );
  });

  it('goes on from a state as if it had never stopped, always alike, and leaves its works as they were', () => {
    const steps = fc.array(works, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(steps, steps, (first, second) => {
        const before = structuredClone([first, second]);
        const whole = accelerator.start();
        const begun = whole.executeStep(first);
        const state = whole.state();
        const goneOn = whole.executeStep(second);
        const resumed = accelerator.start(JSON.parse(JSON.stringify(state)));
        expect(resumed.executeStep(structuredClone(second))).toEqual(goneOn);
        expect(resumed.state()).toEqual(whole.state());
        expect(accelerator.start().executeStep(structuredClone(first))).toEqual(begun);
        expect([first, second]).toEqual(before);
      }),
      { numRuns: 8 },
    );
  });

  it('takes the weight gradient of a transposed layer as that of the plain layer of the same products, A and E exchanged', () => {
    const small = withNumbers(name, /Kb$/, 1 / 64); // all operands come tile by tile
    fc.assert(
      fc.property(transposedGradients, (one) => {
        const plain: GemmWork = {
          ...{ ...one, nest: { ...one.nest, transposed: false } },
          ...{ input: { ...one.kernel, role: 'A' }, kernel: { ...one.input, role: 'E' } },
        };
        for (const model of [accelerator, small]) {
          const [counts] = run(model, one);
          const [{ decisions: _, dramBytes, ...rest }] = run(model, plain); // decisions call operands by their roles
          expect(counts).toMatchObject({ ...rest, dramBytes: { ...dramBytes, A: dramBytes.E, E: dramBytes.A } });
        }
      }),
      { numRuns: 15, examples: [[upsampling]] },
    );
  });

  it('keeps its laws where a layer is larger than all memory on the chip, and moves no fewer bytes then', () => {
    for (const one of [work, gradient]) {
      const [counts] = run(withNumbers(name, /Kb$/, 1 / 64), one);
      expectLaws(counts);
      expect(sum(counts.dramBytes)).toBeGreaterThanOrEqual(sum(run(accelerator, one)[0].dramBytes));
    }
  });

  it('does no worse on zeros alone than on ones alone', () => {
    for (const phase of phases) {
      const [zeros, full] = [0, 1].map(
        (density) => run(accelerator, workOf(nest, phase, { input: density, kernel: density }, 1))[0],
      );
      expect(zeros.macs.effectual).toBe(0);
      expect(zeros.usefulUnitCycles).toBe(0);
      expect(zeros.cycles).toBeLessThanOrEqual(full.cycles);
      expect(sum(zeros.dramBytes)).toBeLessThanOrEqual(sum(full.dramBytes));
      expect(full.macs.effectual).toBe(full.macs.dense);
    }
  });

  it('sees where zeros are, not only how many, if it skips them', () => {
    const fast = withNumbers(name, /^dramBytesPerCycle$/, 1e6);
    const halves = [
      (i: number, size: number) => i < size / 2,
      (i: number) => i % 2 === 0,
      (i: number, _: number, channels: number) => i % (2 * channels) < channels,
    ];
    // A quarter: 2:8 patterns, for models that skip nothing else.
    const quarters = [(i: number, size: number) => i < size / 4, (i: number) => i % 4 === 0, (i: number) => i % 32 < 8];
    const counts = [
      halves.map((isFull) => partlyFull('input', isFull)),
      halves.map((isFull) => partlyFull('kernel', isFull)),
      quarters.map((isFull) => partlyFull('kernel', isFull)),
    ].map((layouts) => layouts.map((layer) => run(fast, layer)[0]));
    // Some skip the zeros of one operand only.
    const differ = (of: (one: WorkCounts) => number) => counts.some((layouts) => new Set(layouts.map(of)).size > 1);
    const { kind } = presets[name];
    // SIGMA packs non-zeros wherever they are: its folds follow from their number, and only what streams by from their places.
    // So does the memory of DaDianNao, whose array skips nothing.
    const skipsNone = kind === 'denseArray' || name === 'sat-dense';
    expect(differ(({ cycles }) => cycles)).toBe(!skipsNone && !['sigma001', 'dadiannao'].includes(kind));
    expect(differ((one) => costOf(one, accelerator.energyTable).energyPj)).toBe(!skipsNone);
  });

  it.each<[string, Partial<Record<keyof GemmWork, unknown>>, string | RegExp]>([
    ['a phase that is none', { phase: 'forwards' }, 'phase: got forwards, expected forward, inputGradient, weightGradient'],
    ['no number of images', { imageScale: Number.NaN }, 'imageScale: got NaN, expected at least 1'],
    ['less than its images', { imageScale: 0.5 }, 'imageScale: got 0.5, expected at least 1'],
    ['images without end', { imageScale: Number.POSITIVE_INFINITY }, 'images of the batch: got Infinity, expected 1 to 16777216'],
    ['a third of an image', { imageScale: 7 / 6 }, /images of the batch: got 2\.3+\d*, expected a whole number/],
    ['no image', { nest: { ...nest, batch: 0 } }, 'images of the batch: got 0, expected 1 to 16777216'],
    ['operands changed over', { input: work.kernel, kernel: work.input }, 'role of its input: got W, expected A'],
    ['a kernel of activations that images share', { kernel: { ...work.kernel, role: 'A' }, imageScale: 2 }, 'imageScale: got 2'],
    ['an output that no forward pass has', { output: gradient.output }, 'role of its output: got G, expected no output'],
    [
      'the map of another layer',
      { input: { ...work.input, nonzeros: ones(2, 3, 3, 4) } },
      'shape of A: got [2,3,3,4], expected 288 elements, as its loop nest has. Pass the nest of this tensor',
    ],
    ['bits that are missing', { kernel: { ...work.kernel, nonzeros: { ...ones(1), shape: [3, 3, 4, 8] } } }, 'shape of W: got'],
  ])('refuses a work with %s', (_, wrong, message) => {
    expect(() => run(accelerator, { ...work, ...wrong } as GemmWork)).toThrow(message);
  });

  it.each<[string, Partial<Record<keyof UpdateWork, unknown>>, string]>([
    ['half a slot', { slots: 0.5 }, 'work fc/weightUpdate: slots: got 0.5, expected an integer of at least 0. Pass 0 for SGD'],
    ['slots below none', { slots: -1 }, 'slots: got -1'],
    ['slots that are no number', { slots: Number.NaN }, 'slots: got NaN'],
    [
      'bits that are missing',
      { weights: { role: 'W', source: 'fc', nonzeros: { shape: [65], words: new Uint32Array(2) } } },
      'words of W: got 2, expected 3 for its shape [65]',
    ],
  ])('refuses an update with %s', (_, wrong, message) => {
    const weights = { role: 'W', source: 'fc', nonzeros: ones(64) } as const;
    const update = { kind: 'update', layer: 'fc', phase: 'weightUpdate', weights, slots: 1, masked: false } as const;
    expect(() => run(accelerator, { ...update, ...wrong } as UpdateWork)).toThrow(message);
  });

  it('refuses counts that would not be exact', () => {
    expect(() => run(withNumbers(name, /^dramBytesPerCycle$/, 1e-30), work)).toThrow(
      /layer\/forward: got .*, expected below 2\^53/,
    );
  });

  const fields = Object.keys(presets[name]).filter((field) => typeof presets[name][field] === 'number');
  it.each(fields)('refuses a %s that is no such number, and says which and what would do', (field) => {
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, null, 'many']) {
      expect(() => createAccelerator({ ...presets[name], [field]: value })).toThrow(
        new RegExp(`^accelerator ${name}\\.${field}: got .*, expected .+\\. (Write|Did you mean|Use one of) .+\\.$`),
      );
    }
    const text = `kind: ${presets[name].kind}\nname: mine\n${field}: -1\n`;
    expect(() => parseAcceleratorSpec(text, 'mine.yaml')).toThrow(new RegExp(`^mine\\.yaml:3:1 ${field}: got -1, expected `));
  });

  it('refuses a field that it does not have, with the nearest one', () => {
    expect(() => createAccelerator({ ...presets[name], dramBytesPerCycles: 1 })).toThrow('Did you mean dramBytesPerCycle');
  });
});

const widthOf = (name: string) => ['bytesPerValue', 'valueBits'].find((field) => field in presets[name]);

it.each(names.filter(widthOf))('%s multiplies values of 16 bit at the price of FP16', (name) => {
  const weights = { role: 'W', source: 'fc', nonzeros: ones(64) } as const;
  const update = { kind: 'update', layer: 'fc', phase: 'weightUpdate', weights, slots: 1, masked: false } as const;
  for (const bytesPerValue of [1, 2, 4].filter((bytes) => bytes > 1 || presets[name].kind !== 'sat')) {
    const width = widthOf(name) === 'valueBits' ? { valueBits: 8 * bytesPerValue } : { bytesPerValue };
    const model = createAccelerator({ ...presets[name], ...width });
    for (const one of [work, update]) {
      const isWide = bytesPerValue === 4 || (one.kind === 'update' && presets[name].kind === 'sat'); // SAT updates in FP32 in any case
      const [{ actions, macs }] = run(model, one);
      const [priced, other] = isWide ? (['Fp32', 'Fp16'] as const) : (['Fp16', 'Fp32'] as const);
      expect(actions[`multiply${priced}`]).toBeGreaterThanOrEqual(macs.effectual);
      expect(actions[`multiply${other}`]).toBeUndefined();
    }
  }
});

it.each(names)('%s needs finite time for an input gradient that no output pixel reaches', (name) => {
  const far = convNest({ batch: 1, inSize: [1], inChannels: 4, outChannels: 4, kernelSize: [1], stride: [2], padding: [1] });
  const [counts] = run(accelerators[name], workOf(far, 'inputGradient', { input: 1, kernel: 1 }, 1));
  expectLaws(counts);
  expect(counts.macs).toMatchObject({ dense: 0, effectual: 0 }); // some multiply padding
});
