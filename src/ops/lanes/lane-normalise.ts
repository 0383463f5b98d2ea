import type * as tf from '@tensorflow/tfjs';
import type { Pointer } from '../../kernels/index.js';
import type { LaneImages, NormaliseParameters } from '../../kernels/lane-map-kernels.js';
import { forwardBackwardOp } from '../forward-backward-op.js';
import type { WasmHeap } from '../training-kernels-heap.js';
import type { LaneShape } from './lane-layout.js';
import { onHeap } from './on-heap.js';

/** Options of {@link laneNormalise}. */
export interface LaneNormaliseOptions {
  /** [channels]; undefined for a layer that does not scale. */
  readonly gamma: tf.Tensor | undefined;
  /** [channels]; undefined for a layer that does not center. */
  readonly beta: tf.Tensor | undefined;
  readonly epsilon: number;
  /** Images of the batch: the lanes of the others take no part. */
  readonly batch: number;
  readonly relu: boolean;
}

type Pointers = [Pointer, Pointer, Pointer];

/** Mean and variance of each channel. */
export type Moments = Record<'mean' | 'variance', tf.Tensor>;

/** Mean and variance over all pixels and images, as `tf.moments` has them. */
function laneMoments(x: tf.Tensor, batch: number): Moments {
  const images = imagesOf(x, batch);
  const both = onHeap({ x }, (heap, inputs) => {
    const moments = heap.output([2, images.channels]);
    const mean = heap.pointer(moments);
    heap.scratch(8 * images.channels + 128, (scratch) =>
      heap.lanes.moments(heap.pointer(inputs.x), images, mean, mean + 4 * images.channels, scratch),
    );
    return moments;
  });
  const [mean, variance] = both.unstack();
  return { mean: mean as tf.Tensor, variance: variance as tf.Tensor };
}

/**
 * Batch normalisation of channels in lanes: `gamma (x - mean) / sqrt(variance + epsilon) + beta`, and relu of it where asked.
 *
 * @param statistics what to normalise with; undefined for those of x itself, through which the gradient then goes.
 * @param onMoments is told those of x, where they are taken.
 */
export function laneNormalise(
  x: tf.Tensor,
  statistics: Moments | undefined,
  { gamma, beta, epsilon, batch, relu }: LaneNormaliseOptions,
  onMoments: (moments: Moments) => void,
): tf.Tensor {
  const images = imagesOf(x, batch);
  const learned: Record<string, tf.Tensor> = { ...(gamma ? { gamma } : {}), ...(beta ? { beta } : {}) };
  const parametersOf = (heap: WasmHeap, infos: Readonly<Record<string, tf.TensorInfo>>): NormaliseParameters => {
    const at = (info: tf.TensorInfo | undefined) => (info ? heap.pointer(info) : 0);
    return { mean: at(infos.mean), variance: at(infos.variance), gamma: at(infos.gamma), beta: at(infos.beta), epsilon };
  };
  return forwardBackwardOp({
    name: 'laneNormalise',
    inputs: { x, ...learned },
    attrs: {},
    forward(save) {
      const moments = statistics ?? laneMoments(x, batch);
      if (!statistics) onMoments(moments);
      save([x, moments.mean, moments.variance, ...Object.values(learned)]);
      return onHeap({ x, ...moments, ...learned }, (heap, inputs) => {
        const y = heap.output(x.shape);
        heap.scratch(24 * images.channels + 128, (scratch) =>
          heap.lanes.normalise(heap.pointer(inputs.x), heap.pointer(y), images, parametersOf(heap, inputs), relu, scratch),
        );
        return y;
      });
    },
    backward(dy, [X, mean, variance, ...values]) {
      const known = Object.fromEntries(Object.keys(learned).map((name, i) => [name, values[i] as tf.Tensor]));
      const inputs = { x: X, dy, mean, variance, ...known } as Record<string, tf.Tensor>;
      // Not in a function below: what these make is freed when they return.
      const sums = onHeap(inputs, (heap, infos) => {
        const gradients = heap.output([2, images.channels]);
        const [x, dy, out] = [infos.x, infos.dy, gradients].map((t) => heap.pointer(t as tf.TensorInfo)) as Pointers;
        heap.scratch(40 * images.channels, (scratch) =>
          heap.lanes.normaliseSums(x, dy, out, images, parametersOf(heap, infos), relu, scratch),
        );
        return gradients;
      });
      const row = (i: number) => () => sums.slice([i, 0], [1, images.channels]).reshape([images.channels]);
      return {
        x: () =>
          onHeap({ ...inputs, sums }, (heap, infos) => {
            const dx = heap.output(X?.shape as number[]);
            const [x, dy, out] = [infos.x, infos.dy, dx].map((t) => heap.pointer(t as tf.TensorInfo)) as Pointers;
            const through = statistics ? 0 : heap.pointer(infos.sums as tf.TensorInfo);
            heap.scratch(24 * images.channels + 128, (scratch) =>
              heap.lanes.normaliseGradient(x, dy, through, out, images, parametersOf(heap, infos), relu, scratch),
            );
            return dx;
          }),
        ...(gamma ? { gamma: row(0) } : {}),
        ...(beta ? { beta: row(1) } : {}),
      };
    },
  });
}

function imagesOf(x: tf.Tensor, batch: number): LaneImages {
  const [, height, width, channels] = x.shape as LaneShape;
  return { batch, pixels: height * width, channels };
}
