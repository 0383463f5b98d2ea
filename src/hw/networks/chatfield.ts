import type { NetworkKind } from './contracts.js';
import { imageNet } from './image-net.js';
import type { ConvShape, PoolShape } from './layer-list.js';
import { classifier } from './vgg.js';

interface Shape {
  /** Behind conv1, conv2 and conv5. */
  readonly pools: readonly [PoolShape, PoolShape, PoolShape];
  readonly conv2: Pick<ConvShape, 'stride' | 'pad'>;
  readonly fc7InTable1: number;
  /** Both are counted behind their pooling. */
  readonly countedSize: { readonly conv1: number; readonly conv2: number };
}

/** Chatfield et al. 2014: five convolutions, the first of 7x7; pooling maps are rounded up. */
function chatfield({ pools, conv2, fc7InTable1, countedSize }: Shape): NetworkKind {
  return {
    ...imageNet,
    build(list, image, classes) {
      let x = list.maxPool(list.conv('conv1', image, { filters: 96, kernel: 7, stride: 2, pad: 0 }), pools[0]);
      x = list.maxPool(list.conv('conv2', x, { filters: 256, kernel: 5, ...conv2 }), pools[1]);
      for (const name of ['conv3', 'conv4', 'conv5']) x = list.conv(name, x, { filters: 512, kernel: 3 });
      classifier(list, list.maxPool(x, pools[2]), classes, list.mode === 'table1' ? fc7InTable1 : 4096);
    },
    table1: { countedSize },
  };
}

const threeByTwo = { size: 3, stride: 2, ceil: true };
const threeByThree = { size: 3, stride: 3, ceil: true };
const twoByTwo = { size: 2, stride: 2, ceil: true };

export const chatfields = {
  'vgg-m': chatfield({
    pools: [threeByTwo, threeByTwo, threeByTwo],
    conv2: { stride: 2, pad: 1 },
    fc7InTable1: 2048, // the variant VGG-M-2048
    countedSize: { conv1: 54, conv2: 13 },
  }),
  'vgg-s': chatfield({
    pools: [threeByThree, twoByTwo, threeByThree],
    conv2: { pad: 0 },
    fc7InTable1: 4096,
    countedSize: { conv1: 37, conv2: 17 },
  }),
};
