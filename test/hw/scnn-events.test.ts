import * as fc from 'fast-check';
import { convNest, effectualMacs, type GemmWork, type ScnnOptions, scnn, type WorkCounts } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import type { ScnnSpec } from '../../src/hw/scnn/options.js';
import { smallNests as nestsOfAllKinds, slowMacs } from './support/reference.js';
import { scnnEvents } from './support/scnn-events.js';
import { densities, phases, smallWorks, workOf } from './support/small-works.js';

function first(options: ScnnOptions, work: GemmWork): { counts: WorkCounts; spec: ScnnSpec } {
  const accelerator = scnn(options);
  return { counts: accelerator.start().executeStep([work]).works[0], spec: accelerator.spec as ScnnSpec };
}

function computeCycles({ cycles, units, idleUnitCycles }: WorkCounts): number {
  return cycles - idleUnitCycles.memory / units;
}

/** Small enough that most layers need several vectors, elements and passes. */
const smallGrids = fc
  .record({
    peRows: fc.integer({ min: 1, max: 3 }),
    peCols: fc.integer({ min: 1, max: 3 }),
    activationVector: fc.constantFrom(1, 2, 3, 4, 5, 8),
    weightVector: fc.integer({ min: 1, max: 5 }),
    accumulatorEntries: fc.integer({ min: 100, max: 200 }),
    banks: fc.integer({ min: 1, max: 32 }),
  })
  .filter(({ activationVector: I, weightVector: F }) => I * F <= 36);

/** Dilation, uneven padding and depth, which the small works lack. */
const strangeWorks: fc.Arbitrary<GemmWork> = fc
  .record({ nest: nestsOfAllKinds, phase: fc.constantFrom(...phases), input: densities, kernel: densities, seed: fc.integer() })
  .filter(({ nest }) => nest.inChannels <= 20 && nest.inSize[0] * nest.inSize[1] * nest.inSize[2] <= 49)
  .map(({ nest, phase, input, kernel, seed }) => workOf(nest, phase, { input, kernel }, seed));

function agree(work: GemmWork, options: ScnnOptions): void {
  const { counts, spec } = first(options, work);
  const events = scnnEvents(work, spec);
  const { effectual } = slowMacs(work);
  expect(counts.macs).toMatchObject({ executed: events.products, effectual });
  expect(counts.idleUnitCycles).toMatchObject({
    ...{ fragmentation: events.fragmentation, conflicts: events.conflicts, imbalance: events.imbalance, halo: events.halo },
    ...{ outside: events.products - events.landed, ineffectual: events.landed - effectual },
  });
  expect(computeCycles(counts)).toBe(events.cycles);
  expect(effectualMacs(work)).toBe(effectual);
  const idle = Object.values(counts.idleUnitCycles).reduce((sum, cycles) => sum + cycles, 0);
  expect(counts.usefulUnitCycles + idle).toBe(counts.units * counts.cycles);
}

describe('the fast SCNN and the event-level reference', () => {
  it('agree exactly on cycles, idle causes and counts, for all phases and grids', () => {
    fc.assert(fc.property(smallWorks, smallGrids, agree), { numRuns: 400 });
  });

  it('agree on dilated, unevenly padded and deep layers', () => {
    fc.assert(
      fc.property(strangeWorks, smallGrids, (work, grid) => agree(work, { ...grid, accumulatorEntries: 4000 })),
      {
        numRuns: 150,
      },
    );
  });

  it('agree on the default grid', () => {
    const nest = convNest({ batch: 2, inSize: [9, 9], inChannels: 3, outChannels: 20, kernelSize: [3, 3], padding: 'same' });
    for (const phase of phases) agree(workOf(nest, phase, { input: 0.5, kernel: 0.4 }, 5), {});
  });
});
