import type { NetworkKind } from './contracts.js';
import type { FeatureMap } from './feature-map.js';
import { imageNet } from './image-net.js';
import type { LayerList } from './layer-list.js';

/** Simonyan and Zisserman 2015: stages of 3x3 convolutions, a 2x2 pooling after each. */
function stages(list: LayerList, image: FeatureMap, convsPerStage: readonly number[]): FeatureMap {
  let x = image;
  [64, 128, 256, 512, 512].forEach((filters, stage) => {
    for (let i = 1; i <= convsPerStage[stage]; i++) x = list.conv(`conv${stage + 1}_${i}`, x, { filters, kernel: 3 });
    x = list.maxPool(x, { size: 2, stride: 2 });
  });
  return x;
}

function vgg(convsPerStage: readonly number[], table1?: NetworkKind['table1']): NetworkKind {
  return {
    ...imageNet,
    build: (list, image, classes) => classifier(list, stages(list, image, convsPerStage), classes),
    ...(table1 && { table1 }),
  };
}

/** Two hidden layers with dropout, and the classes. */
export function classifier(list: LayerList, x: FeatureMap, classes: number, fc7 = 4096): void {
  const hidden = list.dense('fc6', x, 4096, { dropout: 0.5 });
  list.dense('fc8', list.dense('fc7', hidden, fc7, { dropout: 0.5 }), classes, { relu: false });
}

// Behind the pooling: three of the four convolutions of equal cost that come before one (which three, the sum does not tell), and conv5_4.
const vgg19CountedSize = { conv1_2: 112, conv2_2: 56, conv3_4: 28, conv5_4: 7 };

const convs19 = [2, 2, 4, 4, 4];

/** On images of CIFAR one dense layer is left of the three. */
const vgg19Cifar: NetworkKind = {
  inputSize: 32,
  inChannels: 3,
  classes: 10,
  build(list, image, classes) {
    list.dense('out', stages(list, image, convs19), classes, { relu: false });
  },
};

export const vggs = {
  vgg11: vgg([1, 1, 2, 2, 2]),
  vgg13: vgg([2, 2, 2, 2, 2]),
  vgg16: vgg([2, 2, 3, 3, 3]),
  vgg19: vgg(convs19, { countedSize: vgg19CountedSize }),
  'vgg19-cifar': vgg19Cifar,
};
