import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cost } from '../../src/hw/index.js';
import { addCosts, costOf, denseArray, emptyCost, price, scaleCost } from '../../src/hw/index.js';
import { randomWork, smallNests } from './support/reference.js';

const count = fc.nat(1_000_000); // integers, so that sums are exact in any order
const record = (keys: string[]) => fc.dictionary(fc.constantFrom(...keys), count);
const costs: fc.Arbitrary<Cost> = fc.record({
  cycles: count,
  energyPj: count,
  byComponentPj: record(['compute', 'dram', 'sram']),
  macs: fc.record({ dense: count, effectual: count, executed: count }),
  dramBytes: fc.record({ W: count, A: count, E: count, G: count }),
  usefulUnitCycles: count,
  idleUnitCycles: record(['memory', 'fill']),
  units: fc.constant(64),
  idealCycles: count,
});

describe('costs', () => {
  it('add in any order and grouping, with the empty cost as zero', () => {
    fc.assert(
      fc.property(costs, costs, costs, (a, b, c) => {
        expect(addCosts(a, b)).toEqual(addCosts(b, a));
        expect(addCosts(addCosts(a, b), c)).toEqual(addCosts(a, addCosts(b, c)));
        expect(addCosts(a, b, c)).toEqual(addCosts(a, addCosts(b, c)));
        expect(addCosts(a, emptyCost())).toEqual(a);
        expect(scaleCost(a, 3)).toEqual(addCosts(a, a, a));
      }),
    );
  });

  it('of a step are the sum of the costs of its works, with the energy that the table gives', () => {
    fc.assert(
      fc.property(smallNests, fc.nat(), (nest, seed) => {
        const array = denseArray({ rows: 4, cols: 8 });
        const works = [randomWork(nest, 'forward', 0.5, seed), randomWork(nest, 'weightGradient', 0.5, seed)];
        const step = array.start().executeStep(works);
        const cost = costOf(step, array.energyTable);
        expect(cost).toEqual(addCosts(...step.works.map((work) => costOf(work, array.energyTable))));
        expect(cost.energyPj).toBeCloseTo(price(step, array.energyTable).totalPj, 1);
        const idle = Object.values(cost.idleUnitCycles).reduce((sum, lost) => sum + lost, 0);
        expect(cost.usefulUnitCycles + idle).toBeCloseTo(cost.units * cost.cycles, 3);
      }),
      { numRuns: 50 },
    );
  });

  it('of different accelerators do not add', () => {
    expect(() => addCosts({ ...emptyCost(), units: 4 }, { ...emptyCost(), units: 8 })).toThrow('got 4 and 8 units');
  });
});
