import { readFile } from 'node:fs/promises';
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
