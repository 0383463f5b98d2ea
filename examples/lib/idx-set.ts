import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SparsityError } from 'tfjs-sparsity';
import type { DatasetReader, Images } from './dataset.js';
import { cacheDir, downloadOnce } from './download.js';
import { readIdx } from './idx.js';

const classes = 10;

/** A set of 28x28 images in ten classes that is published as four idx files. */
interface IdxSet {
  readonly name: string;
  /** Address of the folder of the files. */
  readonly base: string;
  /** Sums of the files, as their publishers and torchvision state them. */
  readonly md5: Readonly<Record<string, string>>;
}

/** Reads a set of idx files from a folder, or from a cache to which they are downloaded once. */
export function idxSet(set: IdxSet): DatasetReader {
  return async (dir) => {
    const from = dir ?? (await downloadFiles(set));
    const [train, test] = [await readIdxSplit(from, 'train'), await readIdxSplit(from, 't10k')];
    return { name: set.name, imageShape: [28, 28, 1], classes, train, test };
  };
}

async function downloadFiles({ name, base, md5 }: IdxSet): Promise<string> {
  const dir = cacheDir(name);
  for (const [file, checksum] of Object.entries(md5)) await downloadOnce({ url: `${base}/${file}`, checksum }, join(dir, file));
  return dir;
}

/** Reads an image file and its label file from a folder, with or without `.gz`. */
export async function readIdxSplit(dir: string, split: 'train' | 't10k'): Promise<Images> {
  const [imageFile, labelFile] = [findFile(dir, `${split}-images-idx3-ubyte`), findFile(dir, `${split}-labels-idx1-ubyte`)];
  const images = await readIdx(imageFile);
  const labels = await readIdx(labelFile);
  const count = labels.shape[0];
  const wrong = (path: string, got: string, expected: string) =>
    new SparsityError({
      what: `data file ${path}`,
      got,
      expected,
      fix: 'check --data and --data-dir, or download the files again',
    });
  if (labels.shape.length !== 1 || count === 0) throw wrong(labelFile, `shape [${labels.shape}]`, 'a list of labels');
  if (`${images.shape}` !== `${count},28,28`)
    throw wrong(imageFile, `shape [${images.shape}]`, `[${count},28,28], as many as labels`);
  const beyond = labels.data.findIndex((label) => label >= classes);
  if (beyond >= 0) throw wrong(labelFile, `label ${labels.data[beyond]} of image ${beyond}`, `labels below ${classes}`);
  return { count, pixels: images.data, labels: labels.data };
}

/** The path of `name` or `name.gz` in a folder. */
function findFile(dir: string, name: string): string {
  const path = [join(dir, name), join(dir, `${name}.gz`)].find(existsSync);
  if (path) return path;
  throw new SparsityError({
    what: 'data file',
    got: `no ${name} or ${name}.gz in ${dir}`,
    expected: 'the files of the data set',
    fix: 'pass --data-dir with their folder, or --data digits, which needs none',
  });
}
