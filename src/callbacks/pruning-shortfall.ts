import type { PrunableKernel } from '../ops/index.js';
import type { PruningMethod } from '../pruning/contracts.js';

/** Where a training stands at its end. */
export interface TrainingEnd {
  readonly step: number;
  /** Fraction of zeros in all forward masks. */
  readonly overall: number;
  /** Those that the method prunes. */
  readonly kernels: readonly Pick<PrunableKernel, 'masks'>[];
  /** Steps were made, and in none an operand was thinned. */
  readonly isIdle: boolean;
}

/** What a method has not come to in a training, and the way out: half a sentence. */
export function shortfall(method: PruningMethod, { step, overall, kernels, isIdle }: TrainingEnd): string | undefined {
  const { sparsity } = method.schedule(step);
  const final = method.schedule(Number.MAX_SAFE_INTEGER).sparsity;
  const target = `at a target sparsity of ${sparsity.toFixed(4)}`;
  if (final - sparsity >= 1e-9) {
    return `${target}, before the ${final.toFixed(4)} of the schedule. Train longer, or let the schedule end earlier.`;
  }
  // What the schedule says holds only once an update of the masks has come. Masks that nobody has made yet are not made for this.
  const isWhole = (mask: Uint8Array | null) => !mask?.includes(0);
  if (sparsity > 0 && overall === 0 && kernels.every(({ masks }) => isWhole(masks.forward) && isWhole(masks.backward))) {
    return `${target}, and no weight is masked. Train longer, or let an update of the masks fall into the training.`;
  }
  if (!method.thin || !isIdle) return undefined;
  return `before ${method.name} thinned an operand. Train longer, or let it begin earlier.`;
}
