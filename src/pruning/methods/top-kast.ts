import { SparsityError } from '../../errors.js';
import { checkAmount, checkSparsity } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { KernelState, PruningMethod } from '../contracts.js';
import { unstructured } from '../patterns/unstructured.js';
import { constantSchedule } from '../schedules/constant-schedule.js';
import { magnitudes } from '../scores/magnitude-score.js';
import { type ExclusionOptions, exclusion } from './exclusion.js';

/** Options of {@link topKast}. */
export interface TopKastOptions extends ExclusionOptions {
  /**
   * Fraction of zeros in the operands, in [0, 1).
   * @default 0.9
   */
  readonly sparsity?: number;
  /**
   * Fraction of the weights that get no gradient, from 0 to `sparsity`.
   * @default 0.5, or `sparsity` where that is less
   */
  readonly gradientSparsity?: number;
  /**
   * Lambda, at least 0, of the exploration penalty: `penalty * w` is added to the gradient of weights in use, and that over their share,
   * `penalty / (1 - sparsity) * w`, to the gradient of the others that get one, so that those that never come into use fade.
   * @default 1e-4
   */
  readonly penalty?: number;
  /**
   * Steps between two updates of the masks, at least 1.
   * @default 1
   */
  readonly frequency?: number;
}

/**
 * Top-KAST: each layer uses its weights of greatest |w| in the forward pass and the input gradient, and trains a larger set of the
 * greatest, which holds the candidates to come into use; the rest keep their values. Jayakumar et al. 2020 (arXiv 2106.03517).
 *
 * A weight without gradient still moves where the optimizer has momentum for it.
 *
 * @throws SparsityError for sparsities outside [0, 1), more weights in use than get a gradient, a negative penalty, a frequency below 1.
 * @example
 * ```ts
 * topKast({sparsity: 0.8, gradientSparsity: 0.5}).pruned; // 'dense-master'
 * ```
 */
export function topKast(options: TopKastOptions = {}): PruningMethod {
  checkGiven(topKast, options);
  const { sparsity = 0.9, gradientSparsity = Math.min(0.5, sparsity), penalty = 1e-4, frequency = 1, exclude = [] } = options;
  const schedule = constantSchedule({ sparsity, frequency });
  checkSparsity('gradientSparsity', gradientSparsity);
  checkAmount('penalty', penalty);
  if (gradientSparsity > sparsity) {
    const expected = `at most the sparsity, ${sparsity}`;
    const fix = 'let all weights in use get a gradient';
    throw new SparsityError({ what: 'gradientSparsity', got: gradientSparsity, expected, fix });
  }
  const top = unstructured();
  return {
    name: 'top-kast',
    pruned: 'dense-master',
    slots: 'keep',
    schedule,
    decay: 0,
    config: { name: 'top-kast', sparsity, gradientSparsity, penalty, frequency, exclude },
    skip: exclusion({ exclude }),
    updateMasks: (kernels) =>
      kernels.map(({ info, weights }) => {
        const scores = magnitudes(weights);
        const forward = top(scores, info, sparsity);
        return { forward, backward: forward, gradient: top(scores, info, gradientSparsity) };
      }),
    ...(penalty > 0 && { penaltyGradient: (kernel: KernelState) => explorationPenalty(kernel, penalty, 1 - sparsity) }),
  };
}

/** The gradient of the penalty; of weights without gradient M_g takes it away. */
function explorationPenalty({ weights, masks }: KernelState, penalty: number, density: number): Float32Array | undefined {
  const forward = masks?.forward;
  return forward ? weights.map((weight, i) => (forward[i] === 1 ? penalty : penalty / density) * weight) : undefined;
}

inConfig(topKast, 'top-kast', { sparsity: true, gradientSparsity: true, penalty: true, frequency: true, exclude: true });
