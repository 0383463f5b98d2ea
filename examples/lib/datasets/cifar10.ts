import { cifarSet } from '../cifar-set.js';

/** CIFAR-10 (Krizhevsky 2009). */
export const cifar10 = cifarSet({
  name: 'cifar10',
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  checksum: 'c32a1d4ab5d03f1284b67883e8d87530',
  folder: 'cifar-10-batches-bin',
  trainFiles: ['data_batch_1.bin', 'data_batch_2.bin', 'data_batch_3.bin', 'data_batch_4.bin', 'data_batch_5.bin'],
  testFile: 'test_batch.bin',
  labelBytes: 1,
  classes: 10,
});
