import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import type { PrunableKernel } from '../ops/index.js';
import type { PruningMethod } from '../pruning/contracts.js';
import { checkNamed, checkWinning, winner } from '../pruning/name-pattern.js';
import { namesIn } from '../pruning/names-in.js';
import type { PruningSkip } from './layer-sparsity.js';

/** Throws for a model without prunable kernels. */
export function checkPrunable({ name }: tf.LayersModel, all: readonly PrunableKernel[]): void {
  if (all.length > 0) return;
  throw new SparsityError({
    what: `model ${name}`,
    got: 'no prunable layer',
    expected: 'a masked layer at least',
    fix: 'train sparsify(model) instead, or build the model from maskedDense and maskedConv2d',
  });
}

/** Throws for a method that prunes none of the kernels. */
export function checkPruned({ name }: PruningMethod, pruned: readonly PrunableKernel[], skips: readonly PruningSkip[]): void {
  if (pruned.length > 0) return;
  throw new SparsityError({
    what: `pruning method ${name}`,
    got: skips.map(({ layer, reason }) => `${layer}: ${reason}`).join('; '),
    expected: 'a layer that it prunes',
    fix: 'change the skip rule of the method, or train without it',
  });
}

/**
 * Throws for a name or pattern in the config of a method that fits no kernel, or, where it says how a layer is pruned, none that is pruned or
 * that no other name has taken. Under `per-layer` each method has to prune a layer, and names in it are names of its own layers.
 */
export function checkNames(
  { name, config }: PruningMethod,
  all: readonly PrunableKernel[],
  pruned: readonly PrunableKernel[],
  skips: readonly PruningSkip[],
): void {
  for (const { option, names, of, has } of namesIn(config)) {
    const what = `${option} of pruning method ${name}`;
    const layers = (of === 'all' ? all : pruned).map(({ info }) => info.name).filter(has);
    checkNamed(what, names, layers);
    if (option !== 'exclude') checkWinning(what, names, layers);
    if (option === 'methods') checkPruning(what, names, layers, skips);
  }
}

/** Throws for a name whose method leaves all layers alone that go to it. */
function checkPruning(what: string, names: readonly string[], layers: readonly string[], skips: readonly PruningSkip[]): void {
  const winnerOf = winner(names, what);
  for (const name of names) {
    const own = layers.filter((layer) => winnerOf(layer) === name);
    const skipped = skips.filter(({ layer }) => own.includes(layer));
    if (skipped.length < own.length) continue;
    throw new SparsityError({
      what,
      got: `${name}, where ${skipped.map(({ layer, reason }) => `${layer}: ${reason}`).join('; ')}`,
      expected: 'a layer that its method prunes',
      fix: 'give these layers another method, or leave the name out',
    });
  }
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
