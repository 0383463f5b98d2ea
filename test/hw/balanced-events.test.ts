import * as fc from 'fast-check';
import { type BalancedOptions, balanced, convNest, denseNest, type WorkCounts } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { dealUnits } from '../../src/hw/balanced/deal-units.js';
import { lineWork } from '../../src/hw/balanced/line-work.js';
import type { BalancedSpec } from '../../src/hw/balanced/options.js';
import { partitionPes } from '../../src/hw/balanced/partition-pes.js';
import { stealWork } from '../../src/hw/parts/balance/steal-work.js';
import { torus } from '../../src/hw/parts/interconnect/torus.js';
import { evenBatch } from '../../src/hw/whole-batch.js';
import { balancedEvents } from './support/balanced-events.js';
import { metPairs, slowUnits } from './support/line-units.js';
import { slowMacs } from './support/reference.js';
import { phases, sampledWorks, smallWorks, workOf } from './support/small-works.js';

/** PEs few enough that lists are long, and partitions that do not divide the lines. */
const smallMachines = fc
  .record({
    torusRows: fc.integer({ min: 1, max: 3 }),
    torusCols: fc.integer({ min: 1, max: 4 }),
    partitions: fc.integer({ min: 1, max: 5 }),
    multipliers: fc.integer({ min: 1, max: 5 }),
    rowPairsPerCycle: fc.constantFrom(0.5, 1, 2, 100),
    multiplyInitiationInterval: fc.constantFrom(1, 2, 10),
    coarse: fc.constantFrom('even' as const, 'literal' as const, 'repaired' as const, 'prefix' as const),
    stealing: fc.boolean(),
    links: fc.constantFrom({}, { linkWords: 0.1 }, { linkWords: 1 }),
  })
  .map(({ partitions, links, ...options }) => {
    const pes = options.torusRows * options.torusCols;
    return { ...options, ...links, pes, partitionRows: Math.min(partitions, pes), partitionCols: 1 };
  });

const specOf = (options: BalancedOptions) => balanced(options).spec as BalancedSpec;

const total = (values: Readonly<Record<string, number>>) => Object.values(values).reduce((sum, value) => sum + value, 0);

describe('the fast mode of the balanced accelerator and the event-level reference', () => {
  it('agree on every unit: its products, row pairs, batches and what its windows cover', () => {
    fc.assert(
      fc.property(smallWorks, (work) => {
        const lines = lineWork(work, 3);
        slowUnits(work).forEach((unit, i) => {
          const pairs = metPairs(unit);
          expect(lines.products[i]).toBe(pairs.reduce((sum, { products }) => sum + products, 0));
          expect(lines.rowPairs[i]).toBe(pairs.length);
          expect(lines.pairBatches[i]).toBe(pairs.reduce((sum, { products }) => sum + Math.max(1, Math.ceil(products / 3)), 0));
          const line = i % (lines.rows * work.nest.batch);
          expect(lines.covered[line]).toBe(unit.covered);
          expect(lines.coveredDense[line]).toBe(unit.coveredDense);
        });
      }),
      { numRuns: 400, seed: 30 },
    );
  });

  it('agree on cycles, idle causes and counts, for all phases, splits and intervals', () => {
    fc.assert(
      fc.property(sampledWorks, smallMachines, (work, options) => {
        const spec = specOf(options);
        const [counts] = balanced({ ...options, dramBytesPerCycle: 1e12, coarseRoundCycles: 0 })
          .start()
          .executeStep([work]).works;
        const whole = evenBatch(work);
        const { bounds } = dealUnits(whole, lineWork(whole, spec.multipliers), spec, spec.coarse).split;
        const partitions = partitionPes(spec);
        const pes = balancedEvents(work, {
          ...{ partitions, bounds, multipliers: spec.multipliers, rowPairsPerCycle: spec.rowPairsPerCycle },
          interval: spec.multiplyInitiationInterval,
        });
        const products = pes.reduce((sum, pe) => sum + pe.products, 0);
        const matched = pes.map((pe) => pe.batches * spec.multiplyInitiationInterval);
        const { memory, balancing, network = 0, ...idle } = counts.idleUnitCycles;
        const cycles = counts.cycles - (memory + network) / counts.units;
        expect(balancing).toBe(0);
        const links = [spec.torusRows, spec.torusCols].reduce((sum, size) => sum + spec.pes * Math.min(size - 1, 2), 0);
        const linkCycles = spec.linkWords && links > 0 ? Math.ceil((counts.actions.nocHop ?? 0) / links / spec.linkWords) : 0;
        expect(network).toBe(counts.units * Math.max(0, linkCycles - cycles));
        expect(counts.macs.effectual).toBe(products);
        expect(counts.actions.indexOp).toBeGreaterThanOrEqual(products + pes.reduce((sum, pe) => sum + pe.rowPairs, 0));
        expect(counts.usefulUnitCycles + total(counts.idleUnitCycles)).toBe(counts.units * counts.cycles);
        if (!spec.stealing) {
          expect(cycles).toBe(Math.max(...matched));
          expect(idle.indexMatching + idle.fragmentation).toBe(
            pes.reduce((sum, pe) => sum + pe.empty, 0) * spec.multiplyInitiationInterval,
          );
          expect(idle.imbalance).toBe(matched.reduce((sum, busy) => sum + cycles - busy, 0) * spec.multipliers);
          expect(idle.stealing).toBe(0);
          return;
        }
        const slots = pes.map((pe) => {
          const lists = Math.ceil(pe.products / spec.multipliers);
          return pe.batches > lists ? pe.batches * spec.multipliers : pe.products;
        });
        const partitionOf = slots.map((_, pe) => partitions.findIndex((members) => members.includes(pe)));
        const run = stealWork(slots, {
          ...{ partitionOf, multipliers: spec.multipliers, batchCycles: spec.multiplyInitiationInterval },
          network: torus({ rows: spec.torusRows, cols: spec.torusCols }),
        });
        expect(cycles).toBe(Math.max(...run.finishCycles));
        expect(idle.stealing).toBe(run.communicationCycles.reduce((sum, count) => sum + count, 0) * spec.multipliers);
      }),
      { numRuns: 300, seed: 31 },
    );
  });

  it('count the effectual multiply-accumulates that the seven loops count', () => {
    fc.assert(
      fc.property(smallWorks, (work) => {
        const [{ macs }] = balanced().start().executeStep([work]).works;
        expect(macs).toMatchObject(slowMacs(work));
      }),
      { numRuns: 200, seed: 32 },
    );
  });

  it.each(phases)('agree where a dense layer has rows of several pieces: %s', (phase) => {
    const nest = denseNest({ batch: 3, inFeatures: 700, outFeatures: 300 });
    for (const output of phase === 'weightGradient' ? [undefined, 0.01] : [undefined]) {
      const work = workOf(nest, phase, { input: 0.02, kernel: 0.3, output }, 3);
      const lines = lineWork(work, 4);
      slowUnits(work).forEach((unit, i) => {
        const pairs = metPairs(unit);
        expect(lines.products[i]).toBe(pairs.reduce((sum, { products }) => sum + products, 0));
        expect(lines.rowPairs[i]).toBe(pairs.length);
        expect(lines.pairBatches[i]).toBe(pairs.reduce((sum, { products }) => sum + Math.max(1, Math.ceil(products / 4)), 0));
      });
    }
  });
});

describe('two maps of equal density and different layout', () => {
  it('take different cycles: rows of zeros in one band, or spread', () => {
    const nest = convNest({ batch: 1, inSize: [18, 8], inChannels: 2, outChannels: 14, kernelSize: [1, 1] });
    const empty = workOf(nest, 'forward', { input: 0, kernel: 1 }, 1);
    const [bunched, spread] = [(row: number) => row < 6, (row: number) => row % 3 === 0].map((filled) => {
      const words = new Uint32Array(empty.input.nonzeros.words.length);
      for (let i = 0; i < 18 * 16; i++) if (filled(Math.floor(i / 16))) words[i >>> 5] |= 1 << (i & 31);
      const work = { ...empty, input: { ...empty.input, nonzeros: { ...empty.input.nonzeros, words } } };
      return balanced({ coarse: 'even', stealing: false }).start().executeStep([work]).works[0];
    });
    expect(bunched.macs).toEqual(spread.macs);
    // Two rows per partition and two kernels per PE: four units of 2 row pairs, or of none, or half of them.
    const compute = ({ cycles, units, idleUnitCycles }: WorkCounts) => cycles - idleUnitCycles.memory / units;
    expect([bunched, spread].map(compute)).toEqual([8, 4]);
  });
});
