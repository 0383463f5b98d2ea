import type * as tf from '@tensorflow/tfjs';
import { leavesOf } from './model-layers.js';

/** What a layer carries from step to step besides its weights: plain numbers by name. */
export type LayerRunState = Readonly<Record<string, number>>;

/** A layer with a state that a resumed run needs, and that is neither a weight nor part of its configuration. */
export interface StatefulLayer {
  runState(): LayerRunState;
  /** Puts back what {@link StatefulLayer.runState} gave. */
  restoreRunState(state: LayerRunState): void;
}

/**
 * The layers of a model that carry a run state, nested models and wrapped layers included, each once, in the model's order.
 *
 * @example
 * ```ts
 * const model = tf.sequential({layers: [seededDropout({rate: 0.5, seed: 1, inputShape: [8]})]});
 * statefulLayers(model).length; // 1
 * ```
 */
export function statefulLayers(model: tf.LayersModel): (tf.layers.Layer & StatefulLayer)[] {
  return leavesOf(model).filter((layer) => 'runState' in layer && 'restoreRunState' in layer) as (tf.layers.Layer &
    StatefulLayer)[];
}
