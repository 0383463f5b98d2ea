import type * as tf from '@tensorflow/tfjs';
import { checkOptionNames } from '../check-options.js';
import { SparsityError } from '../errors.js';
import { nearest } from '../nearest.js';
import { checkFlag, checkInteger } from '../pruning/check.js';
import { type KernelShape, type KernelSite, kernelSite } from './kernel-site.js';
import { checkMatches, type LayerMatch, matchesLayer } from './layer-match.js';
import { maskableClasses } from './masked-kinds.js';
import { leavesOf } from './model-layers.js';
import { xnnpackPolicy } from './xnnpack-policy.js';

/** Which layers of a model become prunable. A layer must pass every rule. All but tests and functions is plain data. */
export interface LayerPolicy {
  /** Only layers that match one of these. @default all */
  readonly include?: LayerMatch | readonly LayerMatch[];
  /** No layer that matches one of these. @default none */
  readonly exclude?: LayerMatch | readonly LayerMatch[];
  /** Only layers of these classes, as tfjs calls them: `'Conv2D'`. @default all */
  readonly classes?: string | readonly string[];
  /** Fewest weights that a kernel must have. @default 0 */
  readonly minWeights?: number;
  /**
   * What the number of input and output channels of a kernel must be a multiple of: `{input: 16, output: 8}` is what the sparse tensor
   * cores of a GPU ask for. @default 1 and 1
   */
  readonly divisibleBy?: { readonly input?: number; readonly output?: number };
  /** Leaves the first prunable layer dense: it sees the input and is small. @default false */
  readonly skipFirst?: boolean;
  /** Leaves the last prunable layer dense: it makes the decision. @default false */
  readonly skipLast?: boolean;
  /** A rule over the whole model; `'xnnpack'` is {@link xnnpackPolicy} in plain data. @default none */
  readonly policy?: ModelPolicy | 'xnnpack';
}

/** A rule over a whole model: the layers that stay dense, and why. */
export type ModelPolicy = (model: tf.LayersModel) => ReadonlyMap<tf.layers.Layer, string>;

/** A layer that stays as it is, and why. */
export interface SkippedLayer {
  readonly layer: string;
  readonly className: string;
  readonly reason: string;
}

/** For each layer with weights, in model order, the reason why a policy leaves it dense, or undefined where it becomes prunable. */
export function applyPolicy(model: tf.LayersModel, policy: LayerPolicy): ReadonlyMap<tf.layers.Layer, string | undefined> {
  const leaves = leavesOf(model);
  checkPolicy(leaves, policy);
  const weighted = leaves.filter((layer) => layer.weights.length > 0);
  const sites = new Map(weighted.map((layer) => [layer, kernelSite(layer)]));
  const maskable = weighted.filter((layer) => typeof sites.get(layer) !== 'string');
  const dense = (policy.policy === 'xnnpack' ? xnnpackPolicy() : policy.policy)?.(model);
  if (policy.policy !== undefined && typeof dense?.get !== 'function') {
    const fix = "return new Map([[layer, 'why it stays dense']])";
    throw new SparsityError({ what: 'result of policy.policy', got: dense, expected: 'a map of layers to reasons', fix });
  }
  const skip = (layer: tf.layers.Layer, site: KernelSite): string | undefined => {
    if (policy.include && !matchesLayer(layer, policy.include)) return 'policy.include does not name it';
    if (policy.exclude && matchesLayer(layer, policy.exclude)) return 'policy.exclude names it';
    const classes = policy.classes && [policy.classes].flat();
    if (classes && !classes.includes(site.kind.stock)) return `policy.classes does not name ${site.kind.stock}`;
    const tooSmall = site.kernels.flatMap((kernel) => sizeReason(kernel, site.kernels.length > 1, policy) ?? []);
    if (tooSmall[0]) return tooSmall[0];
    if (policy.skipFirst && layer === maskable[0]) return 'it is the first prunable layer, and policy.skipFirst is set';
    if (policy.skipLast && layer === maskable.at(-1)) return 'it is the last prunable layer, and policy.skipLast is set';
    return dense?.get(layer);
  };
  return new Map([...sites].map(([layer, site]) => [layer, typeof site === 'string' ? site : skip(layer, site)]));
}

function sizeReason(kernel: KernelShape, isOneOfSeveral: boolean, policy: LayerPolicy): string | undefined {
  const { field, shape, inputAxis, outputAxis } = kernel;
  const { minWeights = 0, divisibleBy = {} } = policy;
  const [name, ofKernel] = isOneOfSeveral ? [field, ` of ${field}`] : ['kernel', ''];
  const weights = shape.reduce((size, extent) => size * extent, 1);
  if (weights < minWeights) return `its ${name} has ${weights} weights, fewer than policy.minWeights = ${minWeights}`;
  for (const [side, axis] of [['input', inputAxis] as const, ['output', outputAxis] as const]) {
    const { [side]: divisor = 1 } = divisibleBy;
    const channels = shape[axis] as number;
    if (channels % divisor !== 0) {
      return `its ${channels} ${side} channels${ofKernel} are no multiple of policy.divisibleBy.${side} = ${divisor}`;
    }
  }
  return undefined;
}

function checkPolicy(layers: readonly tf.layers.Layer[], policy: LayerPolicy): void {
  for (const rule of ['include', 'exclude'] as const) checkMatches(layers, `policy.${rule}`, policy[rule]);
  const known = [...new Set([...maskableClasses(), ...layers.map((layer) => layer.getClassName())])];
  for (const name of [policy.classes ?? []].flat()) {
    if (known.includes(name)) continue;
    const expected = `a class of layers: ${known.join(', ')}`;
    throw new SparsityError({ what: 'policy.classes', got: name, expected, fix: nearest(String(name), known) });
  }
  const { skipFirst = false, skipLast = false } = policy;
  checkFlag('policy.skipFirst', skipFirst);
  checkFlag('policy.skipLast', skipLast);
  if (policy.minWeights !== undefined) checkInteger('policy.minWeights', policy.minWeights, 0);
  const { divisibleBy = {} } = policy;
  checkOptionNames('policy.divisibleBy', divisibleBy, { input: true, output: true });
  for (const [side, divisor] of Object.entries(divisibleBy)) {
    if (divisor !== undefined) checkInteger(`policy.divisibleBy.${side}`, divisor, 1);
  }
  if (policy.policy !== undefined && policy.policy !== 'xnnpack' && typeof policy.policy !== 'function') {
    throw new SparsityError({
      what: 'policy.policy',
      got: policy.policy,
      expected: 'xnnpack, or a function of the model',
      fix: 'pass xnnpackPolicy(), or a function that maps layers to reasons',
    });
  }
}
