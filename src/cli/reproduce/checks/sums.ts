import type { Check, Outcome } from '../verdict.js';

/** Arithmetic on the paper's own figures (claims 6, 8, 11, 13 and 15). */
export const sums = {
  trafficMean: () => meanOf(34, 27, 34),
  timeMean: () => meanOf(37, 36, 32),
  energyMean: () => meanOf(25, 27, 18),
  partsOfSparseTrain: () => sumOf(5, 5, 6, 11),
  partsOfScnn: () => sumOf(7, 7, 7, 14),
  partsOfSigma: () => sumOf(14, 14, 5, 2),
  deviationDifference: () => ({ literal: { difference: 0.19 - 0.012 } }),
} satisfies Record<string, Check>;

function meanOf(...figures: readonly number[]): Outcome {
  return { literal: { mean: figures.reduce((a, b) => a + b) / figures.length } };
}

function sumOf(...figures: readonly number[]): Outcome {
  return { literal: { sum: figures.reduce((a, b) => a + b) } };
}
