import type * as tf from '@tensorflow/tfjs';
import { fromLanes } from './lane-layout.js';

/** A tensor on its way through a region. */
export interface Flow {
  readonly tensor: tf.Tensor;
  /** Shape of the images when the tensor holds them in lanes; undefined for a tensor as tfjs has it. */
  readonly images: number[] | undefined;
  /** Relu has been applied: it need not be again. */
  readonly rectified?: boolean;
  /** The max pooling that comes next has been done: `images` are those before it, the tensor holds what is behind it. */
  readonly pooled?: boolean;
}

/** A flow in lanes. */
export type LaneFlow = Flow & { readonly images: number[] };

/** Why a layer of a region did not run in lanes. */
export type LaneObstacle =
  /** The region has not run yet. */
  | 'notRunYet'
  /** tfjs does not compute on its wasm backend, or not as tested. */
  | 'noWasm'
  /** The forward pass uses all its weights. */
  | 'notPruned'
  /** Its masks are too dense, or a convolution's batch too small for them: lanes would be slower. */
  | 'belowBreakEven'
  /** A dense layer that predicts up to 7 rows, which the dense kernels do as fast. */
  | 'fewRows'
  /** The method thins operands of its gradient products, which are then multiplied whole. */
  | 'thinnedOperands'
  /** Its masks are new, and the batch is too small for lists that may serve one step only. */
  | 'masksSeenOnce'
  /** It is not reached in lanes: the layers before it are not there, and it alone gains nothing. */
  | 'inputNotInLanes'
  /** There are no lanes for its class, or for the rank, the type or the shape of its input. */
  | 'unsupportedLayer'
  /** Channels come first. */
  | 'channelsFirst'
  /** A seed or a shape of the noise speaks of the images as they are. */
  | 'seededDropout'
  /** It works along another axis than channels. */
  | 'otherAxis';

export function isInLanes(flow: Flow): flow is LaneFlow {
  return flow.images !== undefined;
}

/** The tensor as tfjs has it. */
export function leaveLanes({ tensor, images }: Flow): tf.Tensor {
  return images ? fromLanes(tensor, images) : tensor;
}

/** A weight as tfjs's layers hold it. */
export interface LayerVariable {
  read(): tf.Tensor;
  write(values: tf.Tensor): void;
}

/** What the stock classes of tfjs hold that their types hide. */
export interface LayerInternals {
  readonly bias?: { read(): tf.Tensor } | null;
  readonly activation?: { apply(x: tf.Tensor): tf.Tensor; getClassName(): string } | null;
  readonly strides?: readonly [number, number];
  readonly poolSize?: readonly [number, number];
  readonly padding?: 'valid' | 'same';
  readonly dataFormat?: string;
}

const elementwise = new Set(
  'linear relu relu6 elu selu sigmoid hardSigmoid softplus softsign tanh swish mish gelu gelu_new'.split(' '),
);

/** Whether an activation looks at each value by itself, so that the order of the values does not matter. */
export function isElementwise(activation: string): boolean {
  return elementwise.has(activation);
}

/** Whether a layer is relu and nothing else. */
export function isRelu(layer: tf.layers.Layer | undefined): boolean {
  if (!layer) return false;
  if (layer.getClassName() === 'ReLU') return (layer as unknown as { maxValue?: number | null }).maxValue == null;
  return layer.getClassName() === 'Activation' && (layer as unknown as LayerInternals).activation?.getClassName() === 'relu';
}
