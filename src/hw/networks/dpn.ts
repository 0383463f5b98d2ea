import type { NetworkKind } from './contracts.js';
import { type FeatureMap, globalAverage, relu } from './feature-map.js';
import { imageNet } from './image-net.js';

/** Chen et al. 2017, DPN-92: a residual path of fixed width beside a dense path that grows, through a ReLU before each convolution. */
const dpn92: NetworkKind = {
  ...imageNet,
  build(list, image, classes) {
    const stem = list.conv('conv1', image, { filters: 64, kernel: 7, stride: 2 });
    let x: FeatureMap = list.maxPool(stem, { size: 3, stride: 2, pad: 1 });
    const stages = [
      [3, 16],
      [4, 32],
      [20, 24],
      [3, 128],
    ];
    stages.forEach(([blocks, growth], stage) => {
      const residual = 256 * 2 ** stage;
      const inner = 96 * 2 ** stage;
      let dense = 3 * growth;
      for (let i = 1; i <= blocks; i++) {
        const name = `conv${stage + 2}_${i}`;
        const stride = stage > 0 && i === 1 ? 2 : 1;
        const input = relu(x);
        if (i === 1) list.conv(`${name}_project`, input, { filters: residual + 2 * growth, kernel: 1, stride, relu: false });
        const narrow = list.conv(`${name}_a`, input, { filters: inner, kernel: 1 });
        const grouped = list.conv(`${name}_b`, narrow, { filters: inner, kernel: 3, stride, groups: 32 });
        const out = list.conv(`${name}_c`, grouped, { filters: residual + growth, kernel: 1, relu: false });
        x = { ...out, channels: residual + dense };
        dense += growth;
      }
    });
    list.dense('fc', globalAverage(x), classes, { relu: false });
  },
  table1: { ceil: true },
};

export const dpns = { dpn92 };
