import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';
import { isMasked } from './masked-layer-class.js';
import { maskedKindFor } from './masked-layers.js';
import { leavesOf } from './model-layers.js';
import { type MaskableConfig, trainingObstacle } from './training-obstacle.js';

/** Layers by exact name, by a pattern on the name, or by a test. */
export type LayerMatch = string | RegExp | ((layer: tf.layers.Layer) => boolean);

/** Which layers of a model become prunable. A layer must pass every rule. */
export interface LayerPolicy {
  /** Only layers that match one of these. @default all */
  readonly include?: LayerMatch | readonly LayerMatch[];
  /** No layer that matches one of these. @default none */
  readonly exclude?: LayerMatch | readonly LayerMatch[];
  /** Fewest weights that a kernel must have. @default 0 */
  readonly minWeights?: number;
  /** Leaves the first prunable layer dense: it sees the input and is small. @default false */
  readonly skipFirst?: boolean;
  /** Leaves the last prunable layer dense: it makes the decision. @default false */
  readonly skipLast?: boolean;
}

/** A layer that stays as it is, and why. */
export interface SkippedLayer {
  readonly layer: string;
  readonly className: string;
  readonly reason: string;
}

/** Why an embedding is neither pruned nor multiplied. */
export const lookedUp = 'an embedding is a table: its rows are looked up, not multiplied';

const unsupported: Readonly<Record<string, string>> = {
  SeparableConv2D: 'separable convolutions have no masked layer yet: build them of a depthwise and a 1x1 convolution',
  Conv2DTranspose: 'transposed convolutions have no masked layer yet',
  Conv3D: '3-D convolutions have no masked layer yet',
  Conv3DTranspose: 'transposed 3-D convolutions have no masked layer yet',
  Embedding: lookedUp,
};

/** For each layer with weights, in model order, the reason why a policy leaves it dense, or undefined where it becomes prunable. */
export function applyPolicy(model: tf.LayersModel, policy: LayerPolicy): ReadonlyMap<tf.layers.Layer, string | undefined> {
  for (const rule of ['include', 'exclude'] as const) checkNames(model, rule, list(policy[rule]));
  const weighted = leavesOf(model).filter((layer) => layer.weights.length > 0);
  const maskable = weighted.filter((layer) => obstacle(layer) === undefined);
  const skip = (layer: tf.layers.Layer): string | undefined => {
    const weights = kernelSize(layer);
    const { minWeights = 0 } = policy;
    if (policy.include && !matches(layer, policy.include)) return 'policy.include does not name it';
    if (policy.exclude && matches(layer, policy.exclude)) return 'policy.exclude names it';
    if (weights < minWeights) return `its kernel has ${weights} weights, fewer than policy.minWeights = ${minWeights}`;
    if (policy.skipFirst && layer === maskable[0]) return 'it is the first prunable layer, and policy.skipFirst is set';
    if (policy.skipLast && layer === maskable.at(-1)) return 'it is the last prunable layer, and policy.skipLast is set';
    return undefined;
  };
  return new Map(weighted.map((layer) => [layer, obstacle(layer) ?? skip(layer)]));
}

function obstacle(layer: tf.layers.Layer): string | undefined {
  if (isMasked(layer)) return undefined;
  const className = layer.getClassName();
  if (!maskedKindFor(className)) return unsupported[className] ?? `there is no masked layer for ${className}`;
  return trainingObstacle(className, layer.getConfig() as MaskableConfig);
}

function kernelSize(layer: tf.layers.Layer): number {
  return (layer.weights[0]?.shape ?? []).reduce<number>((size, extent) => size * (extent ?? 1), 1);
}

function list(match: LayerPolicy['include']): readonly LayerMatch[] {
  return match === undefined ? [] : Array.isArray(match) ? match : [match as LayerMatch];
}

function matches(layer: tf.layers.Layer, match: LayerPolicy['include']): boolean {
  return list(match).some((rule) => {
    if (typeof rule === 'string') return rule === layer.name;
    return rule instanceof RegExp ? layer.name.search(rule) >= 0 : rule(layer);
  });
}

function checkNames(model: tf.LayersModel, rule: string, rules: readonly LayerMatch[]): void {
  const names = leavesOf(model).map(({ name }) => name);
  for (const match of rules) {
    if (match instanceof RegExp || typeof match === 'function') continue;
    if (typeof match === 'string' && names.includes(match)) continue;
    throw new SparsityError({
      what: `policy.${rule}`,
      got: match,
      expected: `the name of a layer: ${names.join(', ')}`,
      fix: `${nearest(String(match), names)}; a regular expression or a function matches many`,
    });
  }
}
