import type * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../examples/lib/dataset.js';
import { lenet5 } from '../../examples/lib/models/lenet5.js';
import { resnet20 } from '../../examples/lib/models/resnet20.js';
import { vggSmall } from '../../examples/lib/models/vgg-small.js';
import { network } from '../../src/hw/index.js';

const mnist = { imageShape: [28, 28, 1], classes: 10 } as unknown as Dataset;
const cifar = { imageShape: [32, 32, 3], classes: 10 } as unknown as Dataset;

/** Kernel and output of a layer, without the batch and without the leading ones of dense layers. */
function shapeOf(layer: tf.layers.Layer): string {
  const [kernel] = layer.getWeights();
  return `${layer.name}: ${kernel.shape.join(' ')} -> ${(layer.outputShape as number[]).slice(1).join(' ')}`;
}

describe('networks that the examples train', () => {
  it.each([
    ['lenet5', lenet5(mnist, 1)],
    ['vgg-small', vggSmall(cifar, 1)],
    ['resnet20', resnet20(cifar, 1)],
  ])('%s has the layers of the model', (name, model) => {
    const trained = model.layers.filter((layer) => /conv2d|dense/i.test(layer.getClassName()));
    const laidOut = network(name).layers.map(({ name: layer, kind, nest }) => {
      const [kernel, out] = [nest.kernelSize.slice(1), nest.outSize.slice(1)].map((size) => (kind === 'dense' ? [] : size));
      return `${layer}: ${[...kernel, nest.inChannels, nest.outChannels].join(' ')} -> ${[...out, nest.outChannels].join(' ')}`;
    });
    expect(laidOut.sort()).toEqual(trained.map(shapeOf).sort());
  });
});
