import type { NetworkKind } from './contracts.js';
import { dropped, type FeatureMap, globalAverage } from './feature-map.js';
import { imageNet } from './image-net.js';
import type { LayerList } from './layer-list.js';

/** Stages of B0: [expansion, filters, blocks, stride of the first, kernel]. */
const stages = [
  [1, 16, 1, 1, 3],
  [6, 24, 2, 2, 3],
  [6, 40, 2, 2, 5],
  [6, 80, 3, 2, 3],
  [6, 112, 3, 1, 5],
  [6, 192, 4, 2, 5],
  [6, 320, 1, 1, 3],
];

/**
 * Tan and Le 2019: inverted residuals with squeeze and excitation, scaled in width, depth and image. Its activation is swish, which
 * leaves no zeros.
 */
function efficientnet(width: number, depth: number, inputSize: number, dropout: number): NetworkKind {
  return {
    ...imageNet,
    inputSize,
    build(list, image, classes) {
      let x = list.conv('stem', image, { filters: scaled(32, width), kernel: 3, stride: 2, relu: false });
      stages.forEach(([expansion, filters, blocks, firstStride, kernel], stage) => {
        for (let i = 1; i <= Math.ceil(blocks * depth); i++) {
          const name = `stage${stage + 1}_block${i}`;
          const stride = i === 1 ? firstStride : 1;
          const wide =
            expansion === 1 ? x : list.conv(`${name}_expand`, x, { filters: expansion * x.channels, kernel: 1, relu: false });
          const inner = list.conv(`${name}_dw`, wide, {
            filters: wide.channels,
            kernel,
            stride,
            groups: wide.channels,
            relu: false,
          });
          squeezeAndExcite(list, name, inner, Math.floor(x.channels / 4));
          x = list.conv(`${name}_project`, inner, { filters: scaled(filters, width), kernel: 1, relu: false });
        }
      });
      x = list.conv('head', x, { filters: scaled(1280, width), kernel: 1, relu: false });
      list.dense('fc', dropped(globalAverage(x), dropout), classes, { relu: false });
    },
  };
}

function squeezeAndExcite(list: LayerList, name: string, map: FeatureMap, squeezed: number): void {
  const narrow = list.conv(`${name}_squeeze`, globalAverage(map), { filters: squeezed, kernel: 1, relu: false });
  list.conv(`${name}_excite`, narrow, { filters: map.channels, kernel: 1, relu: false });
}

/** A multiple of 8, the nearest, but not more than a tenth below. */
function scaled(filters: number, width: number): number {
  const target = filters * width;
  const rounded = Math.max(8, Math.floor((target + 4) / 8) * 8);
  return rounded < 0.9 * target ? rounded + 8 : rounded;
}

export const efficientnets = {
  'efficientnet-b0': efficientnet(1, 1, 224, 0.2),
  'efficientnet-b7': efficientnet(2, 3.1, 600, 0.5),
};
