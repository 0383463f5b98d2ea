import { bernoulliBits, convNest, tacticalCycles } from '../../../hw/index.js';
import { createRng } from '../../../rng.js';
import { forwardOf } from '../tactical-networks.js';
import type { TacticalResults } from '../tactical-results.js';
import { crossover, pointAt } from '../tactical-sweep.js';
import type { Check, Outcome } from '../verdict.js';

/** What 003 claims of its front end by sparsity (claims 32 to 35). */
export const sweepClaims = {
  frontEndRatio: (simulations) =>
    ofSweep(simulations, ({ sweep }) => {
      const { element, tile } = pointAt(sweep, 0.8);
      const ratio = (speedups: typeof element) => speedups['T8<2,5>'] / speedups['T8<1,6>'];
      return {
        repaired: { ratio: ratio(element) },
        notes: [`each processing element alone; ${ratio(tile).toFixed(3)} where the 256 lanes of a tile skip rows together`],
      };
    }),
  frontEndCrossover: (simulations) =>
    ofSweep(simulations, ({ sweep }) => ({
      repaired: { crossover: crossover(sweep, 'tile') },
      notes: [`${crossover(sweep, 'element').toFixed(2)} with each processing element alone, in steps of 0.05`],
    })),
  layoutRobustness: (simulations) =>
    ofSweep(simulations, ({ deviations }) => ({
      repaired: { 'at 0.5': deviations.find(({ sparsity }) => sparsity === 0.5)?.percent ?? Number.NaN },
      laws: deviations.map(({ sparsity, percent }) => ({
        text: `${percent.toFixed(1)} % at ${sparsity} is at most 6`,
        holds: percent <= 6,
      })),
      notes: [
        `zeros anywhere, by filter, by channel: ${deviations.map(({ sparsity, percent }) => `${sparsity}: ${percent.toFixed(1)} %`).join(', ')}`,
      ],
    })),
  neverSlower: () => {
    const rng = createRng('never slower');
    const nest = convNest({ batch: 1, inSize: [3, 3], inChannels: 48, outChannels: 80, kernelSize: [3, 3] });
    const cycles = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1].map((sparsity) =>
      tacticalCycles(forwardOf(nest, bernoulliBits([3, 3, 48, 80], 1 - sparsity, rng))),
    );
    return {
      literal: { 'speed-up at 0 %': cycles[0].denseCycles / cycles[0].cycles },
      laws: [{ text: 'no more cycles at any sparsity', holds: cycles.every((one) => one.cycles <= one.denseCycles) }],
    };
  },
} satisfies Record<string, Check>;

function ofSweep({ tactical }: Parameters<Check>[0], find: (results: TacticalResults) => Outcome): Outcome | undefined {
  return tactical && find(tactical);
}
