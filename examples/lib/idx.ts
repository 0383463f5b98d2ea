import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SparsityError } from 'tfjs-sparsity';
import type { Images } from './dataset.js';

/** Reads an idx file of unsigned bytes (the format of MNIST), gzipped or not: big-endian header, then the data. */
export async function readIdx(path: string): Promise<{ shape: number[]; data: Uint8Array }> {
  const bytes = await readFile(path);
  const raw = path.endsWith('.gz') ? unzip(path, bytes) : bytes;
  const wrong = (got: string, expected: string) =>
    new SparsityError({ what: `data file ${path}`, got, expected, fix: 'download the file again or pass another --data-dir' });
  if (raw.length < 4 || raw.readUInt16BE(0) !== 0 || raw[2] !== 0x08) {
    throw wrong(`header ${raw.subarray(0, 4).toString('hex') || '(empty)'}`, 'an idx file of unsigned bytes, header 000008nn');
  }
  const rank = raw[3];
  if (raw.length < 4 + 4 * rank) throw wrong(`${raw.length} bytes`, `a header of ${4 + 4 * rank} bytes`);
  const shape = Array.from({ length: rank }, (_, i) => raw.readUInt32BE(4 + 4 * i));
  const data = new Uint8Array(raw.buffer, raw.byteOffset + 4 + 4 * rank, raw.length - 4 - 4 * rank);
  const size = shape.reduce((a, b) => a * b, 1);
  if (data.length !== size) throw wrong(`${data.length} data bytes (truncated?)`, `${size} for shape [${shape}]`);
  return { shape, data };
}

function unzip(path: string, bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new SparsityError({
      what: `data file ${path}`,
      got: `a gzip stream that does not unpack (${(error as Error).message})`,
      expected: 'a whole gzip file',
      fix: 'download the file again or pass another --data-dir',
    });
  }
}

/** Reads an image file and its label file of 28x28 idx data from a folder, with or without `.gz`. */
export async function readIdxSplit(dir: string, split: 'train' | 't10k'): Promise<Images> {
  const images = await readIdx(findFile(dir, `${split}-images-idx3-ubyte`));
  const labels = await readIdx(findFile(dir, `${split}-labels-idx1-ubyte`));
  if (images.shape[0] !== labels.shape[0]) {
    throw new SparsityError({
      what: `data files of ${split} in ${dir}`,
      got: `${images.shape[0]} images and ${labels.shape[0]} labels`,
      expected: 'as many of both',
      fix: 'download both files again',
    });
  }
  return { count: images.shape[0], pixels: images.data, labels: labels.data };
}

/** The path of `name` or `name.gz` in a folder. */
export function findFile(dir: string, name: string): string {
  const path = [join(dir, name), join(dir, `${name}.gz`)].find(existsSync);
  if (path) return path;
  throw new SparsityError({
    what: 'data file',
    got: `no ${name} or ${name}.gz in ${dir}`,
    expected: 'the files of the data set',
    fix: 'pass --data-dir with their folder, or --data digits, which needs none',
  });
}
