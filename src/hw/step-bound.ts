import { SparsityError } from '../errors.js';

/** Speed-ups of the three GEMMs of a training step, each above 0. */
export interface StepSpeedups {
  readonly forward: number;
  readonly inputGradient: number;
  readonly weightGradient: number;
}

/**
 * Upper bound of a training step's speed-up from those of its three GEMMs, which have equally many dense multiply-accumulates:
 * 3 / (1/FP + 1/BP + 1/WG). Updates, first layers and memory are left out; they only lower it (ledger claim 43, vector A16).
 *
 * @throws SparsityError when a speed-up is not above 0.
 * @example
 * ```ts
 * stepSpeedupBound({forward: 10, inputGradient: 10, weightGradient: 1}); // 2.5: sparsity 0.9, weight gradient dense
 * ```
 */
export function stepSpeedupBound(speedups: StepSpeedups): number {
  const { forward, inputGradient, weightGradient } = speedups;
  for (const [phase, got] of Object.entries({ forward, inputGradient, weightGradient })) {
    if (got > 0) continue;
    throw new SparsityError({ what: `speed-up of ${phase}`, got, expected: 'above 0', fix: 'pass 1 for a dense GEMM' });
  }
  return 3 / (1 / forward + 1 / inputGradient + 1 / weightGradient);
}
