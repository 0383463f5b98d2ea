import type { NetworkKind } from './contracts.js';
import { concat, globalAverage, relu } from './feature-map.js';
import { imageNet } from './image-net.js';

const growth = 32;

/** Huang et al. 2017: each layer sees all maps of its block, through a ReLU of its own. */
function densenet(blocks: readonly number[], table1?: NetworkKind['table1']): NetworkKind {
  return {
    ...imageNet,
    build(list, image, classes) {
      const stem = list.conv('conv0', image, { filters: 2 * growth, kernel: 7, stride: 2 });
      let x = list.maxPool(stem, { size: 3, stride: 2, pad: 1 });
      blocks.forEach((layers, block) => {
        for (let i = 1; i <= layers; i++) {
          const name = `block${block + 1}_layer${i}`;
          const narrow = list.conv(`${name}_a`, relu(x), { filters: 4 * growth, kernel: 1 });
          x = concat(x, list.conv(`${name}_b`, narrow, { filters: growth, kernel: 3, relu: false }));
        }
        if (block === blocks.length - 1) return;
        const half = list.conv(`transition${block + 1}`, relu(x), { filters: x.channels >> 1, kernel: 1, relu: false });
        x = list.averagePool(half, { size: 2, stride: 2 });
      });
      list.dense('fc', globalAverage(x), classes, { relu: false });
    },
    ...(table1 && { table1 }),
  };
}

export const densenets = {
  densenet121: densenet([6, 12, 24, 16], { ceil: true }),
  densenet169: densenet([6, 12, 32, 32]),
  densenet201: densenet([6, 12, 48, 32]),
};
