import type { NetworkKind } from './contracts.js';

/** The convolutional network that the examples train on CIFAR: three stages of two 3x3 convolutions. */
const vggSmall: NetworkKind = {
  inputSize: 32,
  inChannels: 3,
  classes: 10,
  build(list, image, classes) {
    let x = image;
    [32, 64, 128].forEach((filters, stage) => {
      for (const half of ['a', 'b']) x = list.conv(`conv${stage + 1}${half}`, x, { filters, kernel: 3 });
      x = list.maxPool(x, { size: 2, stride: 2 });
    });
    const hidden = list.dense('fc1', { ...x, dropout: 0.3 }, 128, { dropout: 0.5 });
    list.dense('out', hidden, classes, { relu: false });
  },
};

/** LeNet-5 with ReLU and max pooling, as the examples train it on MNIST. */
const lenet5: NetworkKind = {
  inputSize: 28,
  inChannels: 1,
  classes: 10,
  build(list, image, classes) {
    const halve = { size: 2, stride: 2 };
    const x = list.maxPool(list.conv('conv1', image, { filters: 6, kernel: 5 }), halve);
    const y = list.maxPool(list.conv('conv2', x, { filters: 16, kernel: 5, pad: 0 }), halve);
    list.dense('out', list.dense('fc2', list.dense('fc1', y, 120), 84), classes, { relu: false });
  },
};

export const small = { 'vgg-small': vggSmall, lenet5 };
