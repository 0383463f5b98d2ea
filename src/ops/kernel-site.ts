import type * as tf from '@tensorflow/tfjs';
import { fieldOf, kindForClass, kindOfRank, type MaskedKind } from './masked-kinds.js';
import { maskedKindOf } from './masked-layer-class.js';
import './masked-layers.js';
import { kindByMethod, type PrunableLayer } from './prunable-layer.js';
import { type MaskableConfig, trainingObstacle } from './training-obstacle.js';

/** A kernel that can be masked. */
export interface KernelShape {
  /** Field of the layer. */
  readonly field: string;
  readonly shape: readonly number[];
  readonly inputAxis: number;
  readonly outputAxis: number;
}

/** The kernels of a layer that can be masked. */
export interface KernelSite {
  readonly kind: MaskedKind;
  readonly kernels: readonly KernelShape[];
}

const fiveAxes = 'a 3-D convolution has a kernel of five axes: patterns know those of 2, 3 or 4';

/** Why classes of tfjs that have kernels stay dense. */
const unsupported: Readonly<Record<string, string>> = {
  Conv3D: fiveAxes,
  Conv3DTranspose: fiveAxes,
  Bidirectional: 'a bidirectional wrapper makes its two layers itself: use two recurrent layers, one with goBackwards',
  RNN: 'an RNN of cells of your own: use tf.layers.lstm, gru or simpleRNN, one for each cell',
};

/** Where the kernels of a built layer are, masked or not yet; or why there are none that can be masked. */
export function kernelSite(layer: tf.layers.Layer): KernelSite | string {
  const kind = maskedKindOf(layer) ?? kindFor(layer);
  if (typeof kind === 'string') return kind;
  const found = kind.kernelFields.map((field) => shapeOf(layer, field, kind.axes));
  const obstacle = found.find((kernel) => typeof kernel === 'string');
  return obstacle ?? { kind, kernels: found as KernelShape[] };
}

function shapeOf(layer: tf.layers.Layer, field: string, axes: MaskedKind['axes']): KernelShape | string {
  const weight = fieldOf(layer, field) as tf.LayerVariable | undefined;
  if (!weight?.shape || !layer.weights.includes(weight)) return `it has no weight in its field ${field}`;
  const shape = weight.shape as readonly number[];
  if (!kindOfRank(shape.length)) return `its ${field} has ${shape.length} axes: 2, 3 or 4 can be pruned`;
  const missing = axes.find((axis) => shape.at(axis) === undefined);
  if (missing !== undefined) return `its ${field} has no axis ${missing}`;
  const [inputAxis, outputAxis] = axes.map((axis) => (axis < 0 ? axis + shape.length : axis)) as [number, number];
  if (inputAxis === outputAxis) return `axes ${axes.join(' and ')} of its ${field} are one and the same`;
  return { field, shape, inputAxis, outputAxis };
}

function kindFor(layer: tf.layers.Layer): MaskedKind | string {
  const className = layer.getClassName();
  if (typeof (layer as PrunableLayer).getPrunableWeights === 'function') return kindByMethod(layer as PrunableLayer);
  const kind = kindForClass(layer.constructor);
  if (!kind) return unsupported[className] ?? `there is no masked layer for ${className}`;
  return trainingObstacle(className, layer.getConfig() as MaskableConfig) ?? kind;
}
