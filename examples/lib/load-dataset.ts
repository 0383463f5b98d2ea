import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTarGzip } from 'nanotar';
import { SparsityError } from 'tfjs-sparsity';
import { cifar10TrainFiles, readCifar } from './cifar-files.js';
import type { Dataset } from './dataset.js';
import { digits } from './digits.js';
import { cacheDir, downloadOnce, type RemoteFile } from './download.js';
import { readIdxSplit } from './idx.js';

export const datasetNames = ['digits', 'mnist', 'fashion-mnist', 'cifar10', 'cifar100'] as const;
export type DatasetName = (typeof datasetNames)[number];

/** The idx files of MNIST and Fashion-MNIST, with the md5 sums that their publishers and torchvision state. */
const idxFiles: Record<'mnist' | 'fashion-mnist', { readonly base: string; readonly md5: Readonly<Record<string, string>> }> = {
  mnist: {
    base: 'https://ossci-datasets.s3.amazonaws.com/mnist',
    md5: {
      'train-images-idx3-ubyte.gz': 'f68b3c2dcbeaaa9fbdd348bbdeb94873',
      'train-labels-idx1-ubyte.gz': 'd53e105ee54ea40749a09fcbcd1e9432',
      't10k-images-idx3-ubyte.gz': '9fb629c4189551a2d022fa330f9573f3',
      't10k-labels-idx1-ubyte.gz': 'ec29112dd5afa0611ce80d1b7f02629c',
    },
  },
  'fashion-mnist': {
    base: 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
    md5: {
      'train-images-idx3-ubyte.gz': '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
      'train-labels-idx1-ubyte.gz': '25c81989df183df01b3e8a0aad5dffbe',
      't10k-images-idx3-ubyte.gz': 'bef4ecab320f06d8554ea6380940ec79',
      't10k-labels-idx1-ubyte.gz': 'bb300cfdad3c16e7a12a480ee83cd310',
    },
  },
};

const cifarArchives: Record<'cifar10' | 'cifar100', RemoteFile & { readonly folder: string; readonly files: readonly string[] }> =
  {
    cifar10: {
      url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
      checksum: 'c32a1d4ab5d03f1284b67883e8d87530',
      folder: 'cifar-10-batches-bin',
      files: [
        'data_batch_1.bin',
        'data_batch_2.bin',
        'data_batch_3.bin',
        'data_batch_4.bin',
        'data_batch_5.bin',
        'test_batch.bin',
      ],
    },
    cifar100: {
      url: 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz',
      checksum: '03b5dce01913d631647c71ecec9e9cb8',
      folder: 'cifar-100-binary',
      files: ['train.bin', 'test.bin'],
    },
  };

/** A data set by name: generated (digits), read from `dir`, or downloaded once into a cache when no `dir` is given. */
export async function loadDataset(name: DatasetName, dir: string | undefined, seed: number): Promise<Dataset> {
  if (name === 'digits') return digits({ seed, trainImages: 6000, testImages: 2000 });
  if (dir !== undefined && !existsSync(dir)) {
    throw new SparsityError({
      what: '--data-dir',
      got: `${dir}, which does not exist`,
      expected: 'a folder',
      fix: 'check the path',
    });
  }
  if (name === 'mnist' || name === 'fashion-mnist') {
    const from = dir ?? (await fetchIdx(name));
    const [train, test] = [await readIdxSplit(from, 'train'), await readIdxSplit(from, 't10k')];
    return { name, imageShape: [28, 28, 1], classes: 10, train, test };
  }
  const from = cifarFolder(dir ?? (await fetchCifar(name)), cifarArchives[name].folder);
  const [labelBytes, classes] = name === 'cifar10' ? [1 as const, 10] : [2 as const, 100];
  const trainFiles = name === 'cifar10' ? cifar10TrainFiles(from) : [cifarFile(from, 'train.bin')];
  const testFile = cifarFile(from, name === 'cifar10' ? 'test_batch.bin' : 'test.bin');
  const train = await readCifar(trainFiles, labelBytes, classes);
  return { name, imageShape: [32, 32, 3], classes, train, test: await readCifar([testFile], labelBytes, classes) };
}

/** `--data-dir` may name the folder of the files or the folder around it. */
function cifarFolder(dir: string, inner: string): string {
  return existsSync(join(dir, inner)) ? join(dir, inner) : dir;
}

function cifarFile(dir: string, name: string): string {
  const path = join(dir, name);
  if (existsSync(path)) return path;
  throw new SparsityError({
    what: 'data file',
    got: `no ${name} in ${dir}`,
    expected: 'the binary files of CIFAR',
    fix: 'check --data-dir and --data',
  });
}

async function fetchIdx(name: 'mnist' | 'fashion-mnist'): Promise<string> {
  const dir = cacheDir(name);
  const { base, md5 } = idxFiles[name];
  for (const [file, checksum] of Object.entries(md5)) await downloadOnce({ url: `${base}/${file}`, checksum }, join(dir, file));
  return dir;
}

async function fetchCifar(name: 'cifar10' | 'cifar100'): Promise<string> {
  const dir = cacheDir(name);
  const archive = cifarArchives[name];
  const path = join(dir, 'archive.tar.gz');
  await downloadOnce(archive, path);
  if (archive.files.some((file) => !existsSync(join(dir, file)))) {
    const entries = await parseTarGzip(await readFile(path));
    for (const file of archive.files) {
      const entry = entries.find(({ name }) => name.endsWith(`${archive.folder}/${file}`));
      if (!entry?.data) {
        throw new SparsityError({
          what: `archive ${path}`,
          got: `no ${file}`,
          expected: archive.files.join(', '),
          fix: 'delete it and run again',
        });
      }
      await writeFile(join(dir, file), entry.data);
    }
  }
  return dir;
}
