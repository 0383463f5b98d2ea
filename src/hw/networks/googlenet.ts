import type { NetworkKind } from './contracts.js';
import { concat, dropped, type FeatureMap, globalAverage } from './feature-map.js';
import { imageNet } from './image-net.js';
import type { LayerList } from './layer-list.js';

/** Filters of an inception module: 1x1, 3x3 behind its reduction, 5x5 behind its reduction, 1x1 behind a pooling. */
type Inception = readonly [one: number, reduce3: number, three: number, reduce5: number, five: number, pooled: number];

const modules: Readonly<Record<string, Inception>> = {
  '3a': [64, 96, 128, 16, 32, 32],
  '3b': [128, 128, 192, 32, 96, 64],
  '4a': [192, 96, 208, 16, 48, 64],
  '4b': [160, 112, 224, 24, 64, 64],
  '4c': [128, 128, 256, 24, 64, 64],
  '4d': [112, 144, 288, 32, 64, 64],
  '4e': [256, 160, 320, 32, 128, 128],
  '5a': [256, 160, 320, 32, 128, 128],
  '5b': [384, 192, 384, 48, 128, 128],
};

/** Szegedy et al. 2015 without its auxiliary classifiers; torchvision has a 3x3 kernel where the paper has 5x5. */
function googlenet(kernel5: 3 | 5, dropout: number, table1?: NetworkKind['table1']): NetworkKind {
  return {
    ...imageNet,
    build(list, image, classes) {
      const halve = (map: FeatureMap) => list.maxPool(map, { size: 3, stride: 2, ceil: true });
      let x = halve(list.conv('conv1', image, { filters: 64, kernel: 7, stride: 2 }));
      x = list.conv('conv2_reduce', x, { filters: 64, kernel: 1 });
      x = halve(list.conv('conv2', x, { filters: 192, kernel: 3 }));
      for (const [name, filters] of Object.entries(modules)) {
        x = inception(list, x, `inception${name}`, filters, kernel5);
        if (name === '3b' || name === '4e') x = halve(x);
      }
      list.dense('fc', dropped(globalAverage(x), dropout), classes, { relu: false });
    },
    ...(table1 && { table1 }),
  };
}

function inception(list: LayerList, x: FeatureMap, name: string, filters: Inception, kernel5: 3 | 5): FeatureMap {
  const [one, reduce3, three, reduce5, five, pooled] = filters;
  const conv = (branch: string, map: FeatureMap, count: number, kernel: number) =>
    list.conv(`${name}_${branch}`, map, { filters: count, kernel });
  return concat(
    conv('1x1', x, one, 1),
    conv('3x3', conv('3x3_reduce', x, reduce3, 1), three, 3),
    conv('5x5', conv('5x5_reduce', x, reduce5, 1), five, kernel5),
    conv('pool', list.maxPool(x, { size: 3, stride: 1, pad: 1 }), pooled, 1),
  );
}

export const googlenets = {
  googlenet: googlenet(5, 0.4, { countedSize: { conv1: 56, conv2: 28 } }),
  'googlenet-torchvision': googlenet(3, 0.2),
};
