import { statSync } from 'node:fs';
import { SparsityError } from 'tfjs-sparsity';
import type { Dataset, DatasetReader } from './dataset.js';
import { cifar10 } from './datasets/cifar10.js';
import { cifar100 } from './datasets/cifar100.js';
import { digits } from './datasets/digits.js';
import { fashionMnist } from './datasets/fashion-mnist.js';
import { mnist } from './datasets/mnist.js';

/** The data sets of the examples, by the name that `--data` takes. */
export const datasets = { digits, mnist, 'fashion-mnist': fashionMnist, cifar10, cifar100 } satisfies Record<
  string,
  DatasetReader
>;
export type DatasetName = keyof typeof datasets;

/** A data set by name: generated (digits), read from `dir`, or downloaded once into a cache when no `dir` is given. */
export async function loadDataset(name: DatasetName, dir: string | undefined, seed: number): Promise<Dataset> {
  if (dir === undefined || statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return datasets[name](dir, seed);
  throw new SparsityError({ what: '--data-dir', got: `${dir}, which is no folder`, expected: 'a folder', fix: 'check the path' });
}
