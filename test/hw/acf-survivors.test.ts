import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greedyPath, viterbiPath } from '../../src/hw/acf/schedule.js';
import { type Choice, survivors } from '../../src/hw/acf/survivors.js';

/** A choice with its own cost, the room below it that its bound leaves, and the change before it by what the previous choice was. */
const choice = fc.record({
  own: fc.nat(60),
  slack: fc.nat(10),
  change: fc.array(fc.nat(20), { minLength: 4, maxLength: 4 }),
});
const problems = fc.array(fc.array(choice, { minLength: 1, maxLength: 3 }), { maxLength: 5 });

interface Run {
  readonly index: number;
  readonly own: number;
  readonly change: readonly number[];
}

describe('the choices that survive their bounds', () => {
  it.each([
    ['greedily', greedyPath],
    ['by Viterbi', viterbiPath],
  ] as const)('hold the path found %s among all', (_, find) => {
    fc.assert(
      fc.property(problems, (problem) => {
        const pathOf = (stages: readonly (readonly Run[])[]) => {
          const cost = (stage: number, previous: number, chosen: number) => {
            const { own, change } = stages[stage][chosen];
            return own + change[stage === 0 ? 3 : stages[stage - 1][previous].index];
          };
          const lengths = stages.map((stage) => stage.length);
          return find(lengths, cost).map((chosen, stage) => stages[stage][chosen].index);
        };
        const all = problem.map((stage) => stage.map(({ own, change }, index): Run => ({ index, own, change })));
        const choices = all.map((stage, s) =>
          stage.map((run, c): Choice<Run> => ({ bound: run.own - problem[s][c].slack, run: () => run })),
        );
        const left = survivors(choices, ({ own }) => ({ least: own, most: own + 20 }));
        expect(pathOf(left)).toEqual(pathOf(all));
      }),
    );
  });

  it('are not run where they lose', () => {
    const never = { bound: 100, run: () => expect.unreachable('the bound is above the cost of the other') };
    expect(survivors([[never, { bound: 5, run: () => 10 }]], (run) => ({ least: run, most: run + 1 }))).toEqual([[10]]);
  });
});
