import type { NetworkKind } from './contracts.js';
import { dropped, globalAverage } from './feature-map.js';
import { imageNet } from './image-net.js';

/** Howard et al. 2017: a depthwise and a pointwise convolution per step. */
const v1: NetworkKind = {
  ...imageNet,
  build(list, image, classes) {
    const widths = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];
    let x = list.conv('conv1', image, { filters: 32, kernel: 3, stride: 2 });
    widths.forEach((filters, i) => {
      const stride = i > 0 && filters > x.channels ? 2 : 1;
      x = list.conv(`conv${i + 2}_dw`, x, { filters: x.channels, kernel: 3, stride, groups: x.channels });
      x = list.conv(`conv${i + 2}_pw`, x, { filters, kernel: 1 });
    });
    list.dense('fc', globalAverage(x), classes, { relu: false });
  },
  table1: {},
};

/** Sandler et al. 2018: inverted residuals, [expansion, filters, blocks, stride of the first]; their narrow ends have no ReLU. */
const v2: NetworkKind = {
  ...imageNet,
  build(list, image, classes) {
    const stages = [
      [1, 16, 1, 1],
      [6, 24, 2, 2],
      [6, 32, 3, 2],
      [6, 64, 4, 2],
      [6, 96, 3, 1],
      [6, 160, 3, 2],
      [6, 320, 1, 1],
    ];
    let x = list.conv('conv1', image, { filters: 32, kernel: 3, stride: 2 });
    stages.forEach(([expansion, filters, blocks, firstStride], stage) => {
      for (let i = 1; i <= blocks; i++) {
        const name = `stage${stage + 1}_block${i}`;
        const stride = i === 1 ? firstStride : 1;
        const wide = expansion === 1 ? x : list.conv(`${name}_expand`, x, { filters: expansion * x.channels, kernel: 1 });
        const inner = list.conv(`${name}_dw`, wide, { filters: wide.channels, kernel: 3, stride, groups: wide.channels });
        x = list.conv(`${name}_project`, inner, { filters, kernel: 1, relu: false });
      }
    });
    x = list.conv('head', x, { filters: 1280, kernel: 1 });
    list.dense('fc', dropped(globalAverage(x), 0.2), classes, { relu: false });
  },
};

export const mobilenets = { 'mobilenet-v1': v1, 'mobilenet-v2': v2 };
