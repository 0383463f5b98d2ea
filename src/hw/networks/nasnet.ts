import type { NetworkKind } from './contracts.js';
import { type FeatureMap, globalAverage, relu } from './feature-map.js';
import { imageNet } from './image-net.js';
import type { LayerList } from './layer-list.js';

/** Maps of the last two cells. */
interface Pair {
  readonly current: FeatureMap;
  readonly previous: FeatureMap;
}

type Cell = (list: LayerList, name: string, pair: Pair, filters: number) => Pair;

/** Zoph et al. 2018, NASNet-A (4 @ 1056), the mobile one: cells that were searched for, each fed by the two before it. */
const nasnet4a: NetworkKind = {
  ...imageNet,
  build(list, image, classes) {
    const filters = 1056 / 24;
    const stem = list.conv('conv0', image, { filters: 32, kernel: 3, stride: 2, pad: 0, relu: false });
    let pair: Pair = { current: stem, previous: stem };
    pair = reductionCell(list, 'stem1', pair, filters / 4);
    pair = reductionCell(list, 'stem2', pair, filters / 2);
    for (let stage = 0; stage < 3; stage++) {
      const width = filters * 2 ** stage;
      if (stage > 0) pair = reductionCell(list, `reduction${stage}`, pair, width);
      for (let i = 1; i <= 4; i++) pair = normalCell(list, `stage${stage + 1}_cell${i}`, pair, width);
    }
    list.dense('fc', globalAverage(relu(pair.current)), classes, { relu: false });
  },
};

const normalCell: Cell = (list, name, pair, filters) => {
  const previous = adjusted(list, name, pair, filters);
  const h = list.conv(`${name}_1x1`, relu(pair.current), { filters, kernel: 1, relu: false });
  separable(list, `${name}_1_left`, h, filters, 5);
  separable(list, `${name}_1_right`, previous, filters, 3);
  separable(list, `${name}_2_left`, previous, filters, 5);
  separable(list, `${name}_2_right`, previous, filters, 3);
  separable(list, `${name}_5_left`, h, filters, 3);
  return { current: { ...h, channels: 6 * filters }, previous: pair.current };
};

const reductionCell: Cell = (list, name, pair, filters) => {
  const previous = adjusted(list, name, pair, filters);
  const h = list.conv(`${name}_1x1`, relu(pair.current), { filters, kernel: 1, relu: false });
  const x1 = separable(list, `${name}_1_left`, h, filters, 5, 2);
  separable(list, `${name}_1_right`, previous, filters, 7, 2);
  separable(list, `${name}_2_right`, previous, filters, 7, 2);
  separable(list, `${name}_3_right`, previous, filters, 5, 2);
  separable(list, `${name}_5_left`, x1, filters, 3);
  return { current: { ...x1, channels: 4 * filters }, previous: pair.current };
};

/** The maps of the cell before the last, brought to the size and width of the last; those of the stem are taken as they are. */
function adjusted(list: LayerList, name: string, { current, previous }: Pair, filters: number): FeatureMap {
  if (current === previous) return previous;
  if (current.size === previous.size) {
    if (previous.channels === filters) return previous;
    return list.conv(`${name}_adjust`, relu(previous), { filters, kernel: 1, relu: false });
  }
  const half = { filters: filters / 2, kernel: 1, stride: 2, relu: false };
  const left = list.conv(`${name}_adjust_left`, relu(previous), half);
  list.conv(`${name}_adjust_right`, relu(previous), half); // every other pixel, one further on
  return { ...left, channels: filters };
}

/** ReLU, depthwise and pointwise convolution, twice; the stride is on the first. */
function separable(list: LayerList, name: string, x: FeatureMap, filters: number, kernel: number, stride = 1): FeatureMap {
  const half = (step: string, map: FeatureMap, isLast: boolean, by: number) => {
    const channels = map.channels;
    const depthwise = { filters: channels, kernel, stride: by, groups: channels, relu: false };
    const inner = list.conv(`${name}_dw${step}`, relu(map), depthwise);
    return list.conv(`${name}_pw${step}`, inner, { filters, kernel: 1, relu: !isLast });
  };
  return half('2', half('1', x, false, stride), true, 1);
}

export const nasnets = { 'nasnet-4a': nasnet4a };
