import type * as tf from '@tensorflow/tfjs';
import { fromLanes } from './lane-layout.js';

/** A tensor on its way through a region. */
export interface Flow {
  readonly tensor: tf.Tensor;
  /** Shape of the images when the tensor holds them in lanes; undefined for a tensor as tfjs has it. */
  readonly images: number[] | undefined;
}

/** A flow in lanes. */
export type LaneFlow = Flow & { readonly images: number[] };

export function isInLanes(flow: Flow): flow is LaneFlow {
  return flow.images !== undefined;
}

/** The tensor as tfjs has it. */
export function leaveLanes({ tensor, images }: Flow): tf.Tensor {
  return images ? fromLanes(tensor, images) : tensor;
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
