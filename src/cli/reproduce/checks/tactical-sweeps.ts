import { bernoulliBits, convNest, tacticalCycles } from '../../../hw/index.js';
import { createRng } from '../../../rng.js';
import { forwardOf } from '../tactical-networks.js';
import type { TacticalResults } from '../tactical-results.js';
import { crossover, pointAt } from '../tactical-sweep.js';
import type { Check, Outcome } from '../verdict.js';

/**
 * What 003 claims of its front end by sparsity (claims 32 to 35). Figs. 12 and 13 are one experiment, so its claims are judged in one
 * mode: with each processing element alone, the one that has the 1.45 of claim 32.
 */
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
      repaired: { crossover: crossover(sweep, 'element') },
      notes: [
        `each processing element alone; ${crossover(sweep, 'tile').toFixed(2)} where tiles skip rows together; in steps of 0.05`,
      ],
    })),
  layoutRobustness: (simulations) =>
    ofSweep(simulations, ({ deviations }) => {
      const list = (mode: 'element' | 'tile') => deviations.map((one) => `${one.sparsity}: ${one[mode].toFixed(1)} %`).join(', ');
      return {
        repaired: { 'most, %': Math.max(...deviations.map(({ element }) => element)) },
        laws: deviations.map(({ sparsity, element }) => ({
          text: `${element.toFixed(1)} % at ${sparsity} is at most 6`,
          holds: element <= 6,
        })),
        notes: [
          'zeros anywhere, by filter, by channel, in runs of eight channels:',
          `each processing element alone: ${list('element')}`,
          `where tiles skip rows together: ${list('tile')}`,
        ],
      };
    }),
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
