import type * as tf from '@tensorflow/tfjs';
import { decodeBitmap } from './bitmap.js';
import type { ByteReader } from './byte-reader.js';
import { bytesOf, type ElementBytes, type Elements, readElements } from './elements.js';
import { fromFloat16 } from './float16.js';
import { decodeNm, groupSizes } from './nm.js';
import type { StoredTensor } from './stored-tensor.js';

/**
 * The bytes of a tensor as tfjs has them.
 *
 * @throws SparsityError for an entry of the header that describes no tensor, and for bytes that are not what it says.
 */
export function decodeTensor(reader: ByteReader, stored: StoredTensor): Uint8Array {
  const half = stored.values === 'float16';
  const elements = decode(reader, stored, half ? 2 : stored.dtype === 'bool' ? 1 : 4);
  if (!half) return bytesOf(elements);
  return new Uint8Array(fromFloat16(elements as Uint16Array).buffer);
}

/** What tfjs says of a tensor. */
export function weightSpec({ name, shape, dtype, group }: StoredTensor): tf.io.WeightsManifestEntry {
  return { name, shape: [...shape], dtype, ...(group ? { group } : {}) };
}

/** Refuses what is no entry of a header. */
export function checkStored(reader: ByteReader, value: unknown, index: number): asserts value is StoredTensor {
  const stored = Object(value) as Readonly<Record<string, unknown>>;
  const name = typeof stored.name === 'string' ? stored.name : `number ${index}`;
  const refuse = (part: string, expected: string) =>
    reader.damaged(`${part} of tensor ${name}: ${JSON.stringify(stored[part])}`, expected);
  const within = (part: string, least: number, most: number) => {
    const number = stored[part] as number;
    if (!Number.isInteger(number) || number < least || number > most) throw refuse(part, `an integer of ${least} to ${most}`);
  };
  const oneOf = (part: string, choices: readonly unknown[]) => {
    if (!choices.includes(stored[part])) throw refuse(part, `one of ${choices.filter(Boolean).join(', ')}`);
  };
  if (typeof stored.name !== 'string') throw refuse('name', 'a text');
  const shape = stored.shape as readonly number[];
  // The largest product of some axes, which a size of 0 does not hide.
  const most = Array.isArray(shape) ? shape.reduce((product, size) => product * Math.max(1, size), 1) : Number.NaN;
  if (!Number.isSafeInteger(most) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw refuse('shape', 'sizes of axes');
  }
  oneOf('dtype', ['float32', 'int32', 'bool']);
  oneOf('group', [undefined, 'model', 'optimizer']);
  oneOf('values', stored.dtype === 'float32' ? [undefined, 'float16'] : [undefined]);
  oneOf('encoding', ['dense', 'bitmap', 'nm']);
  if (stored.encoding !== 'nm') return;
  if (shape.includes(0)) throw refuse('shape', 'sizes above 0 for N:M');
  within('axis', 0, shape.length - 1);
  oneOf('m', groupSizes);
  within('n', 1, stored.m as number);
}

function decode(reader: ByteReader, stored: StoredTensor, elementBytes: ElementBytes): Elements {
  const count = stored.shape.reduce((size, next) => size * next, 1);
  if (stored.encoding === 'dense') return readElements(reader, count, elementBytes);
  if (stored.encoding === 'bitmap') return decodeBitmap(reader, count, elementBytes);
  return decodeNm(reader, stored.shape, stored, elementBytes);
}
