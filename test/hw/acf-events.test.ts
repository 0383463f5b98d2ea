import * as fc from 'fast-check';
import { type AcfOptions, acf, convNest, effectualMacs, type GemmWork, type WorkCounts } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import type { AcfSpec } from '../../src/hw/acf/options.js';
import { acfEvents, naiveGemms } from './support/acf-events.js';
import { phases, smallWorks, workOf } from './support/small-works.js';

/** What the fast mode says of a work's computation: reconfiguration and memory put aside. */
function compute(work: GemmWork, options: AcfOptions) {
  const accelerator = acf(options);
  const [counts] = accelerator.start().executeStep([work]).works;
  return { counts, spec: accelerator.spec as AcfSpec };
}

function computeCycles({ cycles, units, idleUnitCycles }: WorkCounts): number {
  const { memory, write, reconfiguration } = idleUnitCycles;
  return cycles - (memory + write + reconfiguration) / units;
}

/** Small enough that most layers need several tiles, and rows and columns that no group divides. */
const smallArrays = fc.record({
  rows: fc.integer({ min: 1, max: 5 }),
  cols: fc.integer({ min: 1, max: 5 }),
  fanOut: fc.integer({ min: 1, max: 6 }),
  injectors: fc.integer({ min: 1, max: 6 }),
  linkWords: fc.integer({ min: 1, max: 3 }),
  banks: fc.integer({ min: 1, max: 5 }),
  queueDepth: fc.constantFrom(32, 64, 4096),
  accumulatorPorts: fc.constantFrom(1, 2, 5, 4096),
  zeroDetection: fc.constantFrom('gate' as const, 'skipOneSide' as const, 'skipBoth' as const),
  sparseMemoryController: fc.boolean(),
  reconfigurable: fc.boolean(),
  dataflow: fc.constantFrom('WS' as const, 'OS' as const, 'IS' as const),
});

describe('the fast mode and the event-level reference', () => {
  it('agree exactly on cycles, idle causes and counts, for all phases, modes and dataflows', () => {
    fc.assert(
      fc.property(smallWorks, smallArrays, (work, options) => {
        const { counts, spec } = compute(work, options);
        const events = acfEvents(work, options.dataflow, spec);
        const { memory: _memory, write: _write, reconfiguration: _reconfiguration, ...idle } = counts.idleUnitCycles;
        expect(computeCycles(counts)).toBe(events.cycles);
        expect(idle).toEqual(events.idle);
        expect(counts.macs.executed).toBe(events.executed);
        expect(counts.macs.effectual).toBe(events.effectual);
        expect(counts.actions.registerAccess).toBe(events.deliveries + 2 * events.executed + 2 * events.effectual);
        expect(counts.actions.sramLargeAccess - counts.actions.dramByte / 4).toBe(events.words + events.partialSums);
        expect(counts.actions.nocHop).toBe(events.hops);
      }),
      { numRuns: 1500, seed: 20 },
    );
  });

  it.each(['WS', 'OS', 'IS'] as const)('agree on the default array, where tiles have many words, in %s', (dataflow) => {
    const nest = convNest({ batch: 2, inSize: [6, 6], inChannels: 9, outChannels: 70, kernelSize: [3, 3], padding: 'same' });
    for (const phase of phases) {
      for (const output of phase === 'weightGradient' ? [undefined, 0.2, 0.9] : [undefined]) {
        const work = workOf(nest, phase, { input: 0.5, kernel: 0.3, output }, 5);
        const { counts, spec } = compute(work, { dataflow, fanOut: 6 });
        const events = acfEvents(work, dataflow, spec);
        expect(computeCycles(counts)).toBe(events.cycles);
        expect(counts.idleUnitCycles).toMatchObject(events.idle);
        expect(counts.macs).toMatchObject({ executed: events.executed, effectual: events.effectual });
      }
    }
  });

  it('find the effectual multiply-accumulates that a brute-force count finds', () => {
    fc.assert(
      fc.property(smallWorks, (work) => {
        let bruteForce = 0;
        for (const { input, kernel, wanted } of naiveGemms(work)) {
          input.forEach((row, i) => {
            kernel.forEach((column, j) => {
              if (wanted[i][j]) bruteForce += row.filter((bit, k) => bit && column[k]).length;
            });
          });
        }
        expect(compute(work, { rows: 4, cols: 4 }).counts.macs.effectual).toBe(bruteForce);
        expect(effectualMacs(work)).toBe(bruteForce);
      }),
      { numRuns: 300, seed: 21 },
    );
  });
});

describe('two maps of equal density and different layout', () => {
  const nest = convNest({ batch: 1, inSize: [4, 4], inChannels: 8, outChannels: 4, kernelSize: [1, 1] });
  const size = { rows: 4, cols: 4, fanOut: 2, injectors: 8 };
  /** Eight non-zeros of 8 inputs x 4 outputs: two in each column and one in each row; all in one column; all in two rows. */
  const spread = 0x84218421;
  const oneColumn = 0x11111111;
  const twoRows = 0x000000ff;

  it.each([
    ['WS', oneColumn],
    ['OS', oneColumn],
    ['IS', twoRows],
  ] as const)('take different cycles in %s, and the events say the same', (dataflow, bunched) => {
    const dense = workOf(nest, 'forward', { input: 1, kernel: 1 }, 1);
    const [even, uneven] = [spread, bunched].map((map) => {
      const nonzeros = { ...dense.kernel.nonzeros, words: Uint32Array.of(map) };
      const work = { ...dense, kernel: { ...dense.kernel, nonzeros } };
      const { counts, spec } = compute(work, { ...size, dataflow });
      expect(computeCycles(counts)).toBe(acfEvents(work, dataflow, spec).cycles);
      return counts;
    });
    expect(even.macs).toEqual(uneven.macs);
    expect(computeCycles(even)).not.toBe(computeCycles(uneven));
  });
});
