import type * as tf from '@tensorflow/tfjs';
import type { LayerCall } from './lane-companions.js';
import type { Flow, LaneFlow, LaneObstacle, LayerVariable } from './lane-flow.js';
import { laneNormalise } from './lane-normalise.js';

/** What tfjs's layer holds that its types hide. */
interface BatchNormalization {
  readonly axis: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly gamma?: LayerVariable;
  readonly beta?: LayerVariable;
  readonly movingMean: LayerVariable;
  readonly movingVariance: LayerVariable;
}

/** tfjs's BatchNormalization in lanes: in training by the batch's own statistics, which the moving ones follow, else by those. */
export function laneBatchNormalization(
  layer: tf.layers.Layer,
  [{ tensor, images }]: readonly [LaneFlow, ...LaneFlow[]],
  { kwargs, thenRelu }: LayerCall,
): Flow | LaneObstacle {
  const { axis, epsilon, momentum, gamma, beta, movingMean, movingVariance } = layer as unknown as BatchNormalization;
  if (axis !== -1 && axis !== images.length - 1) return 'otherAxis';
  const follow = (moving: LayerVariable, value: tf.Tensor) => {
    const old = moving.read();
    moving.write(old.sub(old.sub(value).mul(1 - momentum)));
  };
  const y = laneNormalise(
    tensor,
    kwargs.training ? undefined : { mean: movingMean.read(), variance: movingVariance.read() },
    { gamma: gamma?.read(), beta: beta?.read(), epsilon, batch: images[0] as number, relu: thenRelu },
    ({ mean, variance }) => {
      follow(movingMean, mean);
      follow(movingVariance, variance);
    },
  );
  return { tensor: y, images, rectified: thenRelu };
}
