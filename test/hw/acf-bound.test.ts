import * as fc from 'fast-check';
import { acf, type GemmWork, price } from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';
import { prepareGemms } from '../../src/hw/acf/gemm-execution.js';
import { lowerBound } from '../../src/hw/acf/lower-bound.js';
import type { AcfSpec } from '../../src/hw/acf/options.js';
import { smallWorks } from './support/small-works.js';

const arrays = fc.record({
  rows: fc.integer({ min: 1, max: 5 }),
  cols: fc.integer({ min: 1, max: 5 }),
  fanOut: fc.integer({ min: 1, max: 6 }),
  injectors: fc.integer({ min: 1, max: 6 }),
  zeroDetection: fc.constantFrom('gate' as const, 'skipOneSide' as const, 'skipBoth' as const),
  sparseMemoryController: fc.boolean(),
  weightFormat: fc.constantFrom('csr' as const, 'rows' as const),
  sramKb: fc.constantFrom(0.1, 1, 384), // partial sums that spill, and that do not
});
const dataflows = ['WS', 'OS', 'IS'] as const;

describe('the bound of a dataflow', () => {
  it('holds: no run falls below it, in cycles or in any action', () => {
    fc.assert(
      fc.property(smallWorks, arrays, fc.constantFrom(...dataflows), (work, options, dataflow) => {
        const accelerator = acf({ ...options, dataflow });
        const bound = lowerBound(prepareGemms(work, accelerator.spec as AcfSpec), dataflow, accelerator.spec as AcfSpec);
        const run = accelerator.start().executeStep([work]).works[0];
        expect(bound.cycles).toBeLessThanOrEqual(run.cycles);
        for (const [action, count] of Object.entries(bound.actions))
          expect(count).toBeLessThanOrEqual(run.actions[action] + 1e-6);
      }),
      { numRuns: 500 },
    );
  });

  it('leaves the choice as it is: the greedy scheduler takes the best of the three', () => {
    fc.assert(
      fc.property(
        smallWorks,
        arrays,
        fc.constantFrom('energy' as const, 'delay' as const, 'edp' as const),
        (work, options, objective) => {
          const value = (dataflow: (typeof dataflows)[number] | 'dynamic', gemm: GemmWork) => {
            const accelerator = acf({ ...options, objective, dataflow });
            const [counts] = accelerator.start().executeStep([gemm]).works;
            const { totalPj } = price(counts, accelerator.energyTable);
            return { energy: totalPj, delay: counts.cycles, edp: totalPj * counts.cycles }[objective];
          };
          expect(value('dynamic', work)).toBe(Math.min(...dataflows.map((dataflow) => value(dataflow, work))));
        },
      ),
      { numRuns: 200 },
    );
  });
});
