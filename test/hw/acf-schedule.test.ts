import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greedyPath, viterbiPath } from '../../src/hw/acf/schedule.js';

type CostOf = (stage: number, previous: number, chosen: number) => number;

/** Stages of one to three candidates with integer costs: each its own, and one per pair of neighbours. */
const problems = fc
  .record({
    candidates: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 0, maxLength: 5 }),
    own: fc.array(fc.nat(50), { minLength: 15, maxLength: 15 }),
    change: fc.array(fc.nat(50), { minLength: 60, maxLength: 60 }),
  })
  .map(({ candidates, own, change }) => {
    const cost: CostOf = (s, p, c) => own[3 * s + c] + change[12 * s + 3 * (p + 1) + c];
    const alone: CostOf = (s, _, c) => own[3 * s + c];
    return { candidates, cost, alone };
  });

function total(path: readonly number[], cost: CostOf): number {
  return path.reduce((sum, chosen, stage) => sum + cost(stage, stage === 0 ? -1 : path[stage - 1], chosen), 0);
}

/** All paths, tried one by one. */
function cheapest(candidates: readonly number[], cost: CostOf): number {
  const paths = candidates.reduce<number[][]>(
    (shorter, count) => shorter.flatMap((path) => Array.from({ length: count }, (_, c) => [...path, c])),
    [[]],
  );
  return Math.min(...paths.map((path) => total(path, cost)));
}

describe('the scheduler', () => {
  it('finds by Viterbi the cheapest of all paths, which greedy never undercuts', () => {
    fc.assert(
      fc.property(problems, ({ candidates, cost }) => {
        const best = cheapest(candidates, cost);
        expect(total(viterbiPath(candidates, cost), cost)).toBe(best);
        expect(total(greedyPath(candidates, cost), cost)).toBeGreaterThanOrEqual(best);
      }),
    );
  });

  it('finds the same both ways where changes cost nothing', () => {
    fc.assert(
      fc.property(problems, ({ candidates, alone }) => {
        expect(total(viterbiPath(candidates, alone), alone)).toBe(total(greedyPath(candidates, alone), alone));
      }),
    );
  });

  it('looks ahead: a dearer first stage that spares a change', () => {
    // Candidate 0 costs 1 and then 0 + 10 to change; candidate 1 costs 3 and stays.
    const cost: CostOf = (stage, previous, chosen) =>
      stage === 0 ? [1, 3][chosen] : [20, 0][chosen] + (previous === chosen ? 0 : 10);
    expect(greedyPath([2, 2], cost)).toEqual([0, 1]);
    expect(viterbiPath([2, 2], cost)).toEqual([1, 1]);
  });
});
