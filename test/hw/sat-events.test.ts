import * as fc from 'fast-check';
import { convNest, type GemmWork, nmMask, sat, type WorkCounts } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import type { SatSpec } from '../../src/hw/sat/options.js';
import { createRng } from '../../src/rng.js';
import { slowMacs } from './support/reference.js';
import { satEvents } from './support/sat-events.js';
import { densities, phases, smallNests, workOf } from './support/small-works.js';

/** Small enough that most layers need several folds, turns and groups. */
const smallSpecs = fc
  .record({
    rows: fc.integer({ min: 1, max: 3 }),
    cols: fc.integer({ min: 1, max: 3 }),
    m: fc.integer({ min: 1, max: 5 }),
    n: fc.integer({ min: 1, max: 5 }),
    addLatencyCycles: fc.integer({ min: 1, max: 4 }),
    interleave: fc.integer({ min: 1, max: 3 }),
    soreLanes: fc.integer({ min: 1, max: 4 }),
    dataflow: fc.constantFrom('best' as const, 'best' as const, 'OS' as const, 'WS' as const),
    preGeneration: fc.boolean(),
  })
  .map((spec) => ({ ...spec, n: Math.min(spec.n, spec.m), dramBytesPerCycle: 1e9 }));

type SmallSpec = Parameters<typeof sat>[0] & { readonly n: number; readonly m: number };

/** Works whose kernel or map is N:M as the spec wants, or only dense, or with a random pattern. */
const worksAndSpecs = fc
  .record({
    nest: smallNests,
    phase: fc.constantFrom(...phases),
    input: densities,
    kernel: densities,
    pruned: fc.constantFrom('W', 'E', 'none'),
    spec: smallSpecs,
    seed: fc.integer(),
  })
  .map(({ nest, phase, input, kernel, pruned, spec, seed }) => {
    const work = workOf(nest, phase, { input, kernel }, seed);
    return { spec: spec as SmallSpec, work: pruned === 'none' ? work : pruneOperand(work, pruned === 'W', spec) };
  });

/** The work with its kernel, or its map, N:M along the channels that are reduced. */
function pruneOperand(work: GemmWork, isKernel: boolean, { n, m }: SmallSpec): GemmWork {
  const { nest, phase } = work;
  const { inChannels, outChannels, groups } = nest;
  if (phase === 'weightGradient') return work;
  const reducesInputs = (phase === 'forward') !== nest.transposed;
  const rng = createRng('prune');
  if (isKernel) {
    const shape = [...nest.kernelSize, inChannels / groups, groups, outChannels / groups];
    return { ...work, kernel: { ...work.kernel, nonzeros: nmMask(shape, { n, m, axis: reducesInputs ? 3 : 5 }, rng) } };
  }
  const shape = [...work.input.nonzeros.shape.slice(0, -1), groups, (reducesInputs ? inChannels : outChannels) / groups];
  return { ...work, input: { ...work.input, nonzeros: nmMask(shape, { n, m, axis: -1 }, rng) } };
}

function agree(work: GemmWork, options: SmallSpec): WorkCounts {
  const accelerator = sat(options);
  const counts = accelerator.start().executeStep([work]).works[0];
  const { cycles, soreCycles, useful, sparse, mapping, ...idle } = satEvents(work, accelerator.spec as SatSpec);
  const { memory, reduction, ...found } = counts.idleUnitCycles;
  expect(counts.cycles - memory / counts.units).toBe(cycles + soreCycles);
  expect(reduction).toBe(counts.units * soreCycles);
  expect(found).toEqual(idle);
  expect(counts.usefulUnitCycles).toBe(useful);
  const { dataflow, along } = mapping;
  expect(counts.decisions).toEqual({ sparse, dataflow, ...(dataflow === 'OS' && { interleave: along }) });
  expect(counts.macs.effectual).toBe(slowMacs(work).effectual);
  return counts;
}

describe('the fast SAT and the event-level reference', () => {
  it('agree exactly on cycles, idle causes and forms, for all phases, patterns and arrays', () => {
    fc.assert(
      fc.property(worksAndSpecs, ({ work, spec }) => {
        agree(work, spec);
      }),
      { numRuns: 400 },
    );
  });

  it('agree where the weights are N:M in part, and channels do not divide by M', () => {
    const cases = fc.record({
      spec: smallSpecs.filter(({ n, m }) => n < m),
      sizes: fc.record({ inChannels: fc.integer({ min: 4, max: 9 }), outChannels: fc.integer({ min: 4, max: 9 }) }),
      phase: fc.constantFrom('forward' as const, 'inputGradient' as const),
      kernel: fc.constantFrom(0.2, 0.5),
      seed: fc.nat(),
    });
    let inPart = 0;
    fc.assert(
      fc.property(cases, ({ spec, sizes, phase, kernel, seed }) => {
        const nest = convNest({ batch: 1, inSize: [3, 3], kernelSize: [2, 2], ...sizes });
        const { decisions } = agree(workOf(nest, phase, { input: 0.5, kernel }, seed), spec);
        inPart += Number(decisions.sparse === 'part of W');
      }),
      { numRuns: 60 },
    );
    expect(inPart).toBeGreaterThan(10);
  });
});
