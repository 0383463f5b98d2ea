import * as tf from '@tensorflow/tfjs';
import type { Frame } from '../../kernels/offset-lists.js';
import { forwardBackwardOp } from '../forward-backward-op.js';
import { inFrame, outOfFrame } from './lane-frames.js';
import type { LaneShape } from './lane-layout.js';

/** Lanes in another shape, with the values where they are. */
export function laneReshape(x: tf.Tensor, shape: LaneShape): tf.Tensor {
  return forwardBackwardOp({
    name: 'laneReshape',
    inputs: { x },
    attrs: {},
    forward: () => x.reshape(shape),
    backward: (dy) => ({ x: () => dy.reshape(x.shape) }),
  });
}

/** A map with zeros around it. */
export function lanePad(x: tf.Tensor, frame: Frame): tf.Tensor {
  return forwardBackwardOp({
    name: 'lanePad',
    inputs: { x },
    attrs: {},
    // Where no zeros are wanted these give back what they get, which is not the op's own.
    forward: () => inFrame(x, frame).clone(),
    backward: (dy) => ({ x: () => outOfFrame(dy, frame).clone() }),
  });
}

/** Maps side by side, channels after channels. */
export function laneConcatenate(maps: readonly tf.Tensor[]): tf.Tensor {
  const [blocks, height, width] = (maps[0] as tf.Tensor).shape as LaneShape;
  const widths = maps.map(({ shape }) => 32 * (shape[3] as number));
  const all = widths.reduce((sum, each) => sum + each, 0);
  const pixels = blocks * height * width;
  // tfjs takes tensors of rank 5 apart element by element.
  const rows = (map: tf.Tensor) => map.reshape<tf.Tensor2D>([pixels, -1]);
  return forwardBackwardOp({
    name: 'laneConcatenate',
    inputs: Object.fromEntries(maps.map((map, i) => [`map${i}`, map])),
    attrs: {},
    forward: () => tf.concat(maps.map(rows), 1).reshape([blocks, height, width, all / 32, 32]),
    backward: (dy) =>
      Object.fromEntries(
        maps.map((map, i) => {
          const first = widths.slice(0, i).reduce((sum, each) => sum + each, 0);
          return [
            `map${i}`,
            () =>
              rows(dy)
                .slice([0, first], [pixels, widths[i] as number])
                .reshape(map.shape),
          ];
        }),
      ),
  });
}
