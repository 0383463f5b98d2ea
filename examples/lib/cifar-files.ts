import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SparsityError } from 'tfjs-sparsity';
import type { Images } from './dataset.js';

const planeSize = 32 * 32;

/**
 * Reads binary CIFAR files: per image `labelBytes` label bytes, of which the last counts (CIFAR-100 has coarse, then fine), then
 * the red, green and blue planes; the planes are interleaved to rows, columns, channels.
 */
export async function readCifar(paths: readonly string[], labelBytes: 1 | 2, classes: number): Promise<Images> {
  const recordSize = labelBytes + 3 * planeSize;
  const files = await Promise.all(paths.map((path) => readFile(path)));
  files.forEach((file, i) => {
    if (file.length > 0 && file.length % recordSize === 0) return;
    throw new SparsityError({
      what: `data file ${paths[i]}`,
      got: `${file.length} bytes (truncated?)`,
      expected: `a multiple of ${recordSize}, one record an image`,
      fix: 'download the file again or pass another --data-dir',
    });
  });
  const count = files.reduce((sum, file) => sum + file.length / recordSize, 0);
  const pixels = new Uint8Array(count * 3 * planeSize);
  const labels = new Uint8Array(count);
  let image = 0;
  for (const file of files) {
    for (let start = 0; start < file.length; start += recordSize, image++) {
      const label = file[start + labelBytes - 1];
      if (label >= classes) {
        throw new SparsityError({
          what: `label of image ${image}`,
          got: label,
          expected: `below ${classes}`,
          fix: 'check that --data names the set that the files hold',
        });
      }
      labels[image] = label;
      for (let i = 0; i < planeSize; i++) {
        for (let c = 0; c < 3; c++) pixels[(image * planeSize + i) * 3 + c] = file[start + labelBytes + c * planeSize + i];
      }
    }
  }
  return { count, pixels, labels };
}

/** The training files that are in a folder: CIFAR-10 comes in up to five batches, and a subset of them is a smaller set. */
export function cifar10TrainFiles(dir: string): string[] {
  const paths = [1, 2, 3, 4, 5].map((i) => join(dir, `data_batch_${i}.bin`)).filter(existsSync);
  if (paths.length > 0) return paths;
  throw new SparsityError({
    what: 'data file',
    got: `no data_batch_1.bin to data_batch_5.bin in ${dir}`,
    expected: 'at least one batch of CIFAR-10 in the binary format',
    fix: 'pass --data-dir with their folder, or leave it out to download the set',
  });
}
