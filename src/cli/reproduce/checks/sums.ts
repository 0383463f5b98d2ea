import { mean } from '../mean.js';
import type { Check, Outcome } from '../verdict.js';

/** Arithmetic on the paper's own figures (claims 6, 8, 11, 13 and 15). */
export const sums = {
  trafficMean: () => meanFigure(34, 27, 34),
  timeMean: () => meanFigure(37, 36, 32),
  energyMean: () => meanFigure(25, 27, 18),
  partsOfSparseTrain: () => sumFigure(5, 5, 6, 11),
  partsOfScnn: () => sumFigure(7, 7, 7, 14),
  partsOfSigma: () => sumFigure(14, 14, 5, 2),
  deviationDifference: () => ({ literal: { difference: 0.19 - 0.012 } }),
} satisfies Record<string, Check>;

function meanFigure(...figures: readonly number[]): Outcome {
  return { literal: { mean: mean(figures) } };
}

function sumFigure(...figures: readonly number[]): Outcome {
  return { literal: { sum: figures.reduce((a, b) => a + b) } };
}
