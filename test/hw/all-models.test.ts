import fc from 'fast-check';
import {
  type Accelerator,
  type AcceleratorSpec,
  addCosts,
  bernoulliBits,
  bitsFrom,
  type BitTensor,
  convNest,
  costOf,
  createAccelerator,
  denseNest,
  energyTables,
  type GemmWork,
  getBit,
  type PhaseWork,
  presets,
  type UpdateWork,
  type WorkCounts,
  workMacs,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { randomWork, slowMacs, smallNests as manyAxes } from './support/reference.js';
import { densities, phases, sampledWorks, workOf } from './support/small-works.js';

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
    layer: 'layer',
    phase: 'weightUpdate',
    weights: { role: 'W', source: 'layer', nonzeros: bernoulliBits([size], density, createRng(seed)) },
    slots,
    masked,
  }));

const works: fc.Arbitrary<PhaseWork> = fc.oneof({ weight: 5, arbitrary: gemms }, { weight: 1, arbitrary: updates });

const sum = (record: Readonly<Record<string, number>>) => Object.values(record).reduce((total, value) => total + value, 0);

function run(accelerator: Accelerator, ...steps: PhaseWork[]): WorkCounts[] {
  return [...accelerator.start().executeStep(steps).works];
}

/** Multiply-accumulates of a work, of the batch that its images stand for, by loops over all elements. */
function countedMacs(work: PhaseWork): { dense: number; effectual: number } {
  if (work.kind === 'gemm') {
    const { dense, effectual } = slowMacs(work);
    return { dense: dense * work.imageScale, effectual: effectual * work.imageScale };
  }
  const { shape } = work.weights.nonzeros;
  let kept = 0;
  for (let i = 0; i < shape[0]; i++) kept += Number(!work.masked || getBit(work.weights.nonzeros, i));
  return { dense: workMacs(work), effectual: kept * (1 + work.slots) };
}

describe.each(names)('the model %s', (name) => {
  const accelerator = accelerators[name];

  it('accounts for every unit-cycle, byte and multiply-accumulate of every kind of layer', () => {
    fc.assert(
      fc.property(works, (work) => {
        const [counts] = run(accelerator, work);
        const { cycles, units, usefulUnitCycles, idleUnitCycles, macs, idealCycles, actions, dramBytes } = counts;
        expect(usefulUnitCycles + sum(idleUnitCycles)).toBe(units * cycles);
        for (const [what, value] of Object.entries({ cycles, usefulUnitCycles, idealCycles, ...macs, ...idleUnitCycles, ...actions, ...dramBytes })) {
          expect(Number.isFinite(value) && value >= 0, `${what}: ${value}`).toBe(true);
        }
        const counted = countedMacs(work);
        expect(macs.dense).toBe(counted.dense);
        if (work.kind==='gemm' && Number.isInteger(work.imageScale)) expect(macs.effectual).toBe(counted.effectual);
        expect(macs.executed).toBeGreaterThanOrEqual(macs.effectual);
        expect(cycles).toBeGreaterThanOrEqual(idealCycles);
        expect([counts.layer, counts.phase]).toEqual([work.layer, work.phase]);
        for (const table of [accelerator.energyTable, ...Object.values(energyTables)]) {
          const { energyPj, byComponentPj } = costOf(counts, table);
          expect(energyPj).toBeGreaterThanOrEqual(0);
          expect(sum(byComponentPj)).toBeCloseTo(energyPj, 3);
        }
      }),
      { numRuns: Number(process.env.RUNS ?? 40) },
    );
  });

  it('goes on from a state as if it had never stopped, always alike, and leaves its works as they were', () => {
    fc.assert(
      fc.property(fc.array(works, { minLength: 1, maxLength: 3 }), fc.array(works, { minLength: 1, maxLength: 3 }), (first, second) => {
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
      { numRuns: Number(process.env.RUNS ?? 40)/4 },
    );
  });
});
