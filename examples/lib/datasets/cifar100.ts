import { cifarSet } from '../cifar-set.js';

/** CIFAR-100 (Krizhevsky 2009) with its fine labels. */
export const cifar100 = cifarSet({
  name: 'cifar100',
  url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
  checksum: '03b5dce01913d631647c71ecec9e9cb8',
  folder: 'cifar-100-binary',
  trainFiles: ['train.bin'],
  testFile: 'test.bin',
  labelBytes: 2,
  classes: 100,
});
