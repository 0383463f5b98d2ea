import type { NetworkKind } from './contracts.js';
import { dropped } from './feature-map.js';
import { imageNet } from './image-net.js';

/** Krizhevsky et al. 2012 as Caffe has it: two groups in conv2, conv4 and conv5, 227 x 227 pixels. */
const caffe: NetworkKind = {
  ...imageNet,
  inputSize: 227,
  build(list, image, classes) {
    const pool = { size: 3, stride: 2, ceil: true };
    let x = list.maxPool(list.conv('conv1', image, { filters: 96, kernel: 11, stride: 4, pad: 0 }), pool);
    x = list.maxPool(list.conv('conv2', x, { filters: 256, kernel: 5, groups: 2 }), pool);
    x = list.conv('conv3', x, { filters: 384, kernel: 3 });
    x = list.conv('conv4', x, { filters: 384, kernel: 3, groups: 2 });
    x = list.maxPool(list.conv('conv5', x, { filters: 256, kernel: 3, groups: 2 }), pool);
    x = list.dense('fc6', x, 4096, { dropout: 0.5 });
    x = list.dense('fc7', x, 4096, { dropout: 0.5 });
    list.dense('fc8', x, classes, { relu: false });
  },
  table1: {},
};

/** The network of torchvision: one group, fewer filters, 224 x 224 pixels, dropout before the dense layers. */
const torchvision: NetworkKind = {
  ...imageNet,
  build(list, image, classes) {
    const pool = { size: 3, stride: 2 };
    let x = list.maxPool(list.conv('conv1', image, { filters: 64, kernel: 11, stride: 4, pad: 2 }), pool);
    x = list.maxPool(list.conv('conv2', x, { filters: 192, kernel: 5 }), pool);
    x = list.conv('conv3', x, { filters: 384, kernel: 3 });
    x = list.conv('conv4', x, { filters: 256, kernel: 3 });
    x = list.maxPool(list.conv('conv5', x, { filters: 256, kernel: 3 }), pool);
    x = list.dense('fc6', dropped(x, 0.5), 4096, { dropout: 0.5 });
    x = list.dense('fc7', x, 4096);
    list.dense('fc8', x, classes, { relu: false });
  },
};

export const alexnet = { alexnet: caffe, 'alexnet-torchvision': torchvision };
