import type { Rng } from '../rng.js';
import { checkSparsity } from './check.js';
import { normalQuantile } from './normal-quantile.js';

/**
 * Stochastic pruning of errors: what lies below a threshold t becomes `sign(e) t` with the probability `|e| / t`, else 0, so that the mean of
 * each error is the error itself. Of normal errors, `pruningRate` lie below
 *
 *     t = z mean(|E|) sqrt(pi / 2),   z = quantile((1 + pruningRate) / 2)
 *
 * and `pruningRate - sqrt(2 / pi) (1 - exp(-z^2 / 2)) / z` become 0. Ye et al. 2020 (arXiv 1908.00173), the pruning of SparseTrain.
 *
 * @throws SparsityError for a rate outside [0, 1).
 * @returns what prunes errors, drawing a number for each below the threshold that is not 0.
 * @example
 * ```ts
 * thinStochastically(0.9)(Float32Array.of(0, 0, 0, 10), createRng(0)); // [0, 0, 0, 10]: the threshold is 5.15
 * ```
 */
export function thinStochastically(pruningRate: number): (errors: Float32Array, rng: Rng) => Float32Array {
  checkSparsity('pruningRate', pruningRate);
  const perMean = normalQuantile((1 + pruningRate) / 2) * Math.sqrt(Math.PI / 2);
  return (errors, rng) => {
    let sum = 0;
    for (let i = 0; i < errors.length; i++) sum += Math.abs(errors[i]);
    const threshold = errors.length > 0 ? (perMean * sum) / errors.length : 0;
    const thinned = new Float32Array(errors.length);
    for (let i = 0; i < thinned.length; i++) {
      const error = errors[i];
      const isBelow = Math.abs(error) < threshold;
      if (!isBelow) thinned[i] = error;
      else if (error !== 0 && rng.uniform() * threshold < Math.abs(error)) thinned[i] = Math.sign(error) * threshold;
    }
    return thinned;
  };
}
