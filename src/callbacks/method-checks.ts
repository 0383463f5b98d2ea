import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';
import type { PrunableKernel } from '../ops/index.js';
import type { PruningMethod } from '../pruning/contracts.js';
import { namePattern } from '../pruning/name-pattern.js';

/** Throws for an excluded name or pattern that no kernel has: the layer that was meant would be pruned. */
export function checkExcluded({ name, config }: PruningMethod, kernels: readonly PrunableKernel[]): void {
  const names = kernels.map(({ info }) => info.name);
  const unknown = ((config.exclude ?? []) as readonly string[]).find(
    (excluded) => !names.some(namePattern(excluded, 'exclude').test),
  );
  if (unknown === undefined) return;
  const expected = `names among ${names.join(', ')}`;
  throw new SparsityError({ what: `exclude of pruning method ${name}`, got: unknown, expected, fix: nearest(unknown, names) });
}

/** Centered RMSProp of tfjs 4.22 divides by sqrt(v - (m^2 + epsilon)): NaN for a weight without gradient, whose v and m are 0. */
export function checkOptimizer({ slots }: PruningMethod, optimizer: tf.Optimizer): void {
  const { centered = false, epsilon = 0 } = optimizer as { centered?: boolean; epsilon?: number };
  if (slots !== 'zero' || !centered || epsilon < 0) return;
  throw new SparsityError({
    what: 'optimizer of a pruned model',
    got: 'centered RMSProp, which tfjs 4.22 makes NaN for weights without gradient',
    expected: 'an optimizer that leaves such weights alone',
    fix: 'use tf.train.rmsprop without centered, or tf.train.adam',
  });
}
