import type { NetworkKind } from './contracts.js';
import { concat, globalAverage } from './feature-map.js';
import { imageNet } from './image-net.js';

/** Zhang et al. 2018, three groups, width 1.0: grouped 1x1, depthwise 3x3, grouped 1x1; a unit of stride 2 keeps its pooled input. */
const v1: NetworkKind = {
  ...imageNet,
  build(list, image, classes) {
    const stem = list.conv('conv1', image, { filters: 24, kernel: 3, stride: 2 });
    let x = list.maxPool(stem, { size: 3, stride: 2, pad: 1 });
    [4, 8, 4].forEach((units, stage) => {
      const filters = 240 * 2 ** stage;
      for (let i = 1; i <= units; i++) {
        const name = `stage${stage + 2}_unit${i}`;
        const stride = i === 1 ? 2 : 1;
        const inner = filters / 4;
        // The very first has too few channels for groups.
        const narrow = list.conv(`${name}_a`, x, { filters: inner, kernel: 1, groups: stage === 0 && i === 1 ? 1 : 3 });
        const depthwise = list.conv(`${name}_dw`, narrow, { filters: inner, kernel: 3, stride, groups: inner, relu: false });
        const added = stride === 2 ? filters - x.channels : filters;
        const out = list.conv(`${name}_b`, depthwise, { filters: added, kernel: 1, groups: 3 });
        x = { ...out, channels: filters };
      }
    });
    list.dense('fc', globalAverage(x), classes, { relu: false });
  },
};

/** Ma et al. 2018, width 1.0: half of the channels pass a unit untouched; a unit of stride 2 convolves both halves. */
const v2: NetworkKind = {
  ...imageNet,
  build(list, image, classes) {
    const stem = list.conv('conv1', image, { filters: 24, kernel: 3, stride: 2 });
    let x = list.maxPool(stem, { size: 3, stride: 2, pad: 1 });
    [4, 8, 4].forEach((units, stage) => {
      const half = 58 * 2 ** stage;
      for (let i = 1; i <= units; i++) {
        const name = `stage${stage + 2}_unit${i}`;
        const stride = i === 1 ? 2 : 1;
        const input = stride === 2 ? x : { ...x, channels: half };
        const depthwise = { kernel: 3, stride, relu: false };
        const narrow = list.conv(`${name}_a`, input, { filters: half, kernel: 1 });
        const inner = list.conv(`${name}_dw`, narrow, { ...depthwise, filters: half, groups: half });
        const out = list.conv(`${name}_b`, inner, { filters: half, kernel: 1 });
        if (stride === 1) {
          x = concat(input, out);
          continue;
        }
        const side = list.conv(`${name}_side_dw`, x, { ...depthwise, filters: x.channels, groups: x.channels });
        x = concat(list.conv(`${name}_side`, side, { filters: half, kernel: 1 }), out);
      }
    });
    x = list.conv('head', x, { filters: 1024, kernel: 1 });
    list.dense('fc', globalAverage(x), classes, { relu: false });
  },
};

export const shufflenets = { 'shufflenet-v1': v1, 'shufflenet-v2': v2 };
