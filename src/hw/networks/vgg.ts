import type { NetworkKind } from './contracts.js';
import type { FeatureMap } from './feature-map.js';
import type { LayerList } from './layer-list.js';

/** Simonyan and Zisserman 2015: stages of 3x3 convolutions, a 2x2 pooling after each. */
function vgg(convsPerStage: readonly number[], table1?: NetworkKind['table1']): NetworkKind {
  return {
    inputSize: 224,
    inChannels: 3,
    classes: 1000,
    build(list, image, classes) {
      let x = image;
      [64, 128, 256, 512, 512].forEach((filters, stage) => {
        for (let i = 1; i <= convsPerStage[stage]; i++) x = list.conv(`conv${stage + 1}_${i}`, x, { filters, kernel: 3 });
        x = list.maxPool(x, { size: 2, stride: 2 });
      });
      classifier(list, x, classes);
    },
    ...(table1 && { table1 }),
  };
}

/** Chatfield et al. 2014 with five convolutions: VGG-M pools in steps of 2, VGG-S in steps of 3 and 2; pooling maps are rounded up. */
function chatfield(
  [first, second, last]: readonly (readonly [size: number, stride: number])[],
  { stride, pad }: { stride: number; pad: number },
  fc7InTable1: number,
  countedSize: Readonly<Record<string, number>>,
): NetworkKind {
  return {
    inputSize: 224,
    inChannels: 3,
    classes: 1000,
    build(list, image, classes) {
      const pool = (x: FeatureMap, [size, step]: readonly [number, number]) =>
        list.maxPool(x, { size, stride: step, ceil: true });
      let x = pool(list.conv('conv1', image, { filters: 96, kernel: 7, stride: 2, pad: 0 }), first);
      x = pool(list.conv('conv2', x, { filters: 256, kernel: 5, stride, pad }), second);
      for (const name of ['conv3', 'conv4', 'conv5']) x = list.conv(name, x, { filters: 512, kernel: 3 });
      classifier(list, pool(x, last), classes, list.mode === 'table1' ? fc7InTable1 : 4096);
    },
    table1: { countedSize },
  };
}

function classifier(list: LayerList, x: FeatureMap, classes: number, fc7 = 4096): void {
  const hidden = list.dense('fc6', x, 4096, { dropout: 0.5 });
  list.dense('fc8', list.dense('fc7', hidden, fc7, { dropout: 0.5 }), classes, { relu: false });
}

// Behind the pooling: three of the four convolutions of equal cost that come before one (which three, the sum does not tell), and conv5_4.
const vgg19CountedSize = { conv1_2: 112, conv2_2: 56, conv3_4: 28, conv5_4: 7 };

export const vggs = {
  vgg11: vgg([1, 1, 2, 2, 2]),
  vgg13: vgg([2, 2, 2, 2, 2]),
  vgg16: vgg([2, 2, 3, 3, 3]),
  vgg19: vgg([2, 2, 4, 4, 4], { countedSize: vgg19CountedSize }),
  // Table 1 has the variant with 2048 units in fc7.
  'vgg-m': chatfield(
    [
      [3, 2],
      [3, 2],
      [3, 2],
    ],
    { stride: 2, pad: 1 },
    2048,
    { conv1: 54, conv2: 13 },
  ),
  'vgg-s': chatfield(
    [
      [3, 3],
      [2, 2],
      [3, 3],
    ],
    { stride: 1, pad: 0 },
    4096,
    { conv1: 37, conv2: 17 },
  ),
};
