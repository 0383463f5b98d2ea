import type * as tf from '@tensorflow/tfjs';
import { checkOptionNames } from '../check-options.js';
import { SparsityError } from '../errors.js';
import { checkChoice } from '../pruning/check.js';
import { checkModel } from './check-model.js';
import { type KernelSite, kernelSite } from './kernel-site.js';
import { laneExecutor } from './lanes/lane-executor.js';
import { isMasked } from './masked-layer-class.js';
import { applyPolicy, type LayerPolicy, type SkippedLayer } from './policy.js';
import { rebuild } from './rebuild.js';
import { groupRegions, type RegionGroup } from './region-groups.js';

/** What {@link sparsify} does. */
export interface SparsifyOptions extends LayerPolicy {
  /**
   * `dense`: masked layers multiply dense kernels. `sparse`: chains of layers are grouped into regions, which on the wasm backend compute
   * with the non-zeros only, in all three products, where a layer is sparse enough to gain by it. The kept values of a kernel are then
   * trained by themselves: `getWeights()` and `weights[i].read()` give the kernel of now, tfjs's field `weights[i].val` may hold an older
   * one. @default 'dense'
   */
  readonly execution?: 'dense' | 'sparse';
  /**
   * For sparse execution: the sparsity, in [0, 1], from which a layer is taken to be faster with its non-zeros only, as a mean over the
   * three products. Sparse kernels work on 32 images at a time, so that a convolution of fewer needs more: with `places` the batch
   * rounded up to a multiple of 32, `1 - density places / batch` is compared with this. At 90 % sparsity that is from 6 images on, at
   * 80 % from 12, where predictions and steps of convolutions were measured to break even (4 to 8, and 8 to 12). Dense layers train
   * faster with one row, and predict so from 8 on (at 90 %: `npm run bench:predict`). 0: every pruned layer, at any batch. @default 0.45
   */
  readonly breakEven?: number;
}

/** What {@link sparsify} did. */
export interface SparsifyReport {
  /** Names of the prunable layers, in model order. */
  readonly masked: readonly string[];
  /** The other layers with weights, and why each stays dense. */
  readonly skipped: readonly SkippedLayer[];
  /** The regions; empty for dense execution. */
  readonly regions: readonly RegionGroup[];
  /** Why there is no region where sparse execution was asked for. */
  readonly noRegion?: string;
}

const known = {
  execution: true,
  include: true,
  exclude: true,
  classes: true,
  minWeights: true,
  divisibleBy: true,
  policy: true,
  skipFirst: true,
  skipLast: true,
  breakEven: true,
} as const;

const reports = new WeakMap<tf.LayersModel, SparsifyReport>();

/**
 * Makes the layers of a fresh or trained model prunable: a new model with masked layers in place of dense, conv1d, conv2d, depthwiseConv2d,
 * conv2dTranspose, separableConv2d, embedding, simpleRNN, gru and lstm, the same names, connections, sharing, weights and outputs. No weight
 * is pruned yet. The new model is not compiled, and the old one keeps its own weights: dispose it if it is no longer needed.
 *
 * From conv2dTranspose on they compute as tfjs has them, with masked kernels: they run dense in sparse execution too, and methods whose mask of
 * the input gradient is another than that of the forward pass, or which thin operands, leave them alone. The table of an embedding counts as the
 * kernel `[words, values]` of one-hot rows, as in tfmot: groups along `input` lie across words, those along `output` within a row.
 *
 * @param model a sequential or functional model; nested models, wrappers and shared layers are rewritten too. Layers that are masked
 * already keep their masks.
 * @throws SparsityError for what is not a layers model, an option that does not exist, a layer object that belongs to two models, or a
 * layer name in the policy that the model lacks.
 * @example
 * ```ts
 * const dense = tf.sequential({layers: [tf.layers.dense({name: 'fc', units: 2, inputShape: [3]})]});
 * const model = sparsify(dense, {execution: 'sparse'});
 * sparsifyReport(model).masked; // ['fc']
 * ```
 */
export function sparsify<Model extends tf.LayersModel>(model: Model, options: SparsifyOptions = {}): Model {
  checkModel(model);
  checkOptionNames('sparsify', options, known);
  const { execution = 'dense', breakEven, ...policy } = options;
  checkChoice('sparsify.execution', execution, ['dense', 'sparse']);
  checkBreakEven(breakEven);
  const reasons = applyPolicy(model, policy);
  const fresh = rebuild(model, (layer) => {
    if (isMasked(layer) || !reasons.has(layer) || reasons.get(layer) !== undefined) return undefined;
    return { className: (kernelSite(layer) as KernelSite).kind.masked, config: (config) => config };
  });
  const layers = [...reasons];
  const regions = execution === 'sparse' ? groupRegions(fresh, laneExecutor(breakEven)) : [];
  reports.set(fresh, {
    masked: layers.filter(([layer, reason]) => reason === undefined || isMasked(layer)).map(([layer]) => layer.name),
    skipped: layers
      .filter(([layer, reason]) => reason !== undefined && !isMasked(layer))
      .map(([layer, reason]) => ({ layer: layer.name, className: layer.getClassName(), reason: reason as string })),
    regions,
    ...(execution === 'sparse' && !regions.length
      ? {
          noRegion:
            'no masked layer stands in a chain: each is shared, wrapped or of a class of your own or without lanes, or there is none',
        }
      : {}),
  });
  return fresh;
}

/**
 * What {@link sparsify} made of a model: which layers are prunable, why the others are not, and the regions.
 *
 * @throws SparsityError for a model that {@link sparsify} did not return.
 * @example
 * ```ts
 * const dense = tf.sequential({layers: [tf.layers.conv1d({filters: 2, kernelSize: 3, dilationRate: 2, inputShape: [9, 4]})]});
 * sparsifyReport(sparsify(dense)).skipped[0].reason; // 'a dilated convolution, which tfjs cannot train'
 * ```
 */
export function sparsifyReport(model: tf.LayersModel): SparsifyReport {
  checkModel(model);
  const report = reports.get(model);
  if (report) return report;
  throw new SparsityError({
    what: 'model',
    got: model.name,
    expected: 'a model that sparsify returned',
    fix: 'pass the result of sparsify; a model built of masked layers has no report',
  });
}

function checkBreakEven(breakEven: number | undefined): void {
  if (breakEven === undefined || (typeof breakEven === 'number' && breakEven >= 0 && breakEven <= 1)) return;
  throw new SparsityError({
    what: 'sparsify.breakEven',
    got: breakEven,
    expected: 'a sparsity in [0, 1]',
    fix: 'leave it out for the measured one; 0 sends every pruned layer into lanes, 1 next to none',
  });
}
