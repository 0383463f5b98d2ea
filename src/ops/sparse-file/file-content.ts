import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import type { ByteReader } from './byte-reader.js';
import { closeFile, openFile } from './container.js';
import { checkStored, decodeTensor, weightSpec } from './decode-tensor.js';
import { type EncodedTensor, encodeTensor } from './encode-tensor.js';
import { savedWeights } from './saved-weights.js';
import type { SparseFileHeader, StoredTensor } from './stored-tensor.js';

/** A model as a sparse file. */
export interface EncodedFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly tensors: readonly EncodedTensor[];
}

/**
 * What tfjs saves of a model as a sparse file.
 *
 * @throws SparsityError for two weights of one name, which no model could load, and as {@link encodeTensor} and {@link savedWeights}.
 */
export function encodeFile(artifacts: tf.io.ModelArtifacts, values: 'float32' | 'float16'): EncodedFile {
  const { weightSpecs = [], weightData, getWeightStream, ...rest } = artifacts;
  const twice = nameTwice(weightSpecs);
  if (twice !== undefined) {
    const expected = 'a name of its own for each weight: tfjs finds them by it';
    throw new SparsityError({
      what: 'weights of the model',
      got: `two of the name ${twice}`,
      expected,
      fix: 'name the layers differently',
    });
  }
  const tensors = savedWeights(artifacts).map(({ spec, bytes }) => encodeTensor(spec, bytes, values));
  const header = { ...rest, tensors: tensors.map(({ stored }) => stored) };
  return {
    bytes: closeFile(
      header,
      tensors.map(({ bytes }) => bytes),
    ),
    tensors,
  };
}

/**
 * What {@link encodeFile} was given, with pruned weights back as zeros.
 *
 * @param name of the file, for messages.
 * @throws SparsityError for anything but an intact file of a known version whose header and tensors agree.
 */
export function decodeFile(name: string, bytes: Uint8Array): tf.io.ModelArtifacts {
  const { header, tensors: reader } = openFile(name, bytes);
  checkHeader(reader, header);
  const { tensors, ...rest } = header;
  const data = tensors.map((stored) => decodeTensor(reader, stored));
  reader.end();
  return { ...rest, weightSpecs: tensors.map(weightSpec), weightData: tf.io.concatenateArrayBuffers(data.map(ownBuffer)) };
}

function checkHeader(reader: ByteReader, header: unknown): asserts header is SparseFileHeader {
  const { modelTopology, tensors } = Object(header) as Readonly<Record<string, unknown>>;
  if (Object(modelTopology) !== modelTopology) throw reader.damaged('a header without modelTopology', 'that of a model');
  if (!Array.isArray(tensors)) throw reader.damaged('a header without tensors', 'a list of them');
  tensors.forEach((stored, i) => {
    checkStored(reader, stored, i);
  });
  const twice = nameTwice(tensors as StoredTensor[]);
  if (twice !== undefined) throw reader.damaged(`two tensors of the name ${twice}`, 'a name of its own for each');
}

function nameTwice(named: readonly { readonly name: string }[]): string | undefined {
  const seen = new Set<string>();
  return named.find(({ name }) => seen.size === seen.add(name).size)?.name;
}

/** Tensors that were read share no memory with anything, so that their buffers hold nothing else. */
const ownBuffer = (bytes: Uint8Array) => bytes.buffer as ArrayBuffer;
