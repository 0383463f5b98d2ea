import type * as tf from '@tensorflow/tfjs';
import { checkModel } from '../check-model.js';
import { modelJson } from '../file-handler.js';
import { encodeFile } from './file-content.js';
import { plainArtifacts } from './plain-artifacts.js';
import { artifactsOf, savedWeights } from './saved-weights.js';
import { sizeTable } from './size-table.js';
import { checkedValues, type SparseFileOptions } from './sparse-file.js';
import type { TensorEncoding } from './stored-tensor.js';

/** What a weight takes in a file. */
export interface TensorFileSize {
  readonly name: string;
  readonly shape: readonly number[];
  /** How the sparse file stores it. */
  readonly encoding: TensorEncoding;
  /** Values that are not zero to the bit, as they are stored. */
  readonly nonzeros: number;
  /** Bytes in tfjs's weights.bin. */
  readonly denseBytes: number;
  /** These bytes through gzip; undefined where there is no `CompressionStream`. */
  readonly gzipBytes: number | undefined;
  /** Bytes in the sparse file. */
  readonly sparseBytes: number;
  /** Largest distance of a stored value from the weight; 0 but for float16. */
  readonly maxError: number;
}

/** What a model takes in files, in bytes. */
export interface SparseFileSize {
  /** model.json and weights.bin, as tfjs saves the stripped model. */
  readonly denseBytes: number;
  /** Both through gzip, as one stream; undefined where there is no `CompressionStream`. */
  readonly gzipBytes: number | undefined;
  /** The sparse file. */
  readonly sparseBytes: number;
  /** The sparse file through gzip, as a server may send it. */
  readonly sparseGzipBytes: number | undefined;
  /** Of `sparseBytes`, what is no weight: the topology, and how each weight is stored. */
  readonly headerBytes: number;
  readonly tensors: readonly TensorFileSize[];
  /** The figures as text of at most 80 columns. */
  toTable(): string;
}

/**
 * How large a model is in tfjs's own files and in the file that `sparseFile` saves, each also through gzip; by weight and in total.
 * The state of an optimizer is left out. Nothing is written.
 *
 * @param model any layers model; masked layers count as `strip` makes them.
 * @throws SparsityError as `sparseFile` and its `save`.
 * @example
 * ```ts
 * const model = tf.sequential({layers: [tf.layers.dense({units: 64, inputShape: [64], kernelInitializer: 'identity'})]});
 * (await sparseFileSize(model)).tensors[0].sparseBytes; // 592: 64 x 2 slots of 4 bytes and 5 bits, for 1:32
 * ```
 */
export async function sparseFileSize(model: tf.LayersModel, options: SparseFileOptions = {}): Promise<SparseFileSize> {
  checkModel(model);
  const values = checkedValues('sparseFileSize', options);
  const artifacts = await plainArtifacts(await artifactsOf(model));
  const weights = savedWeights(artifacts);
  const { bytes: file, tensors: encoded } = encodeFile(artifacts, values);
  const tensors: TensorFileSize[] = [];
  for (const [i, { stored, bytes, nonzeros, maxError }] of encoded.entries()) {
    const { name, shape } = stored;
    const dense = weights[i].bytes;
    const sizes = { denseBytes: dense.length, gzipBytes: await gzipBytes([dense]), sparseBytes: bytes.length };
    tensors.push({ name, shape, encoding: encodingOf(stored), nonzeros, ...sizes, maxError });
  }
  const sum = (of: 'denseBytes' | 'sparseBytes') => tensors.reduce((total, tensor) => total + tensor[of], 0);
  const json = new TextEncoder().encode(modelJson(artifacts));
  const size = {
    denseBytes: json.length + sum('denseBytes'),
    gzipBytes: await gzipBytes([json, ...weights.map(({ bytes }) => bytes)]),
    sparseBytes: file.length,
    sparseGzipBytes: await gzipBytes([file]),
    headerBytes: file.length - sum('sparseBytes'),
    tensors,
  };
  return { ...size, toTable: () => sizeTable(size) };
}

function encodingOf(stored: TensorEncoding): TensorEncoding {
  if (stored.encoding !== 'nm') return { encoding: stored.encoding };
  return { encoding: 'nm', n: stored.n, m: stored.m, axis: stored.axis };
}

/** Length of what gzip makes of bytes, here and in a browser. */
async function gzipBytes(parts: readonly Uint8Array[]): Promise<number | undefined> {
  if (typeof CompressionStream === 'undefined') return undefined;
  const stream = new Blob([...parts] as BlobPart[]).stream().pipeThrough(new CompressionStream('gzip'));
  return (await new Response(stream).arrayBuffer()).byteLength;
}
