import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import { bitmapBytes, encodeBitmap } from './bitmap.js';
import { bytesOf, countNonzeros, type ElementBytes, type Elements, zeroElements } from './elements.js';
import { fromFloat16, toFloat16 } from './float16.js';
import { encodeNm, findNm, nmBytes } from './nm.js';
import { elementBytes } from './saved-weights.js';
import type { StoredTensor, TensorEncoding } from './stored-tensor.js';

/** A tensor as a sparse file holds it. */
export interface EncodedTensor {
  readonly stored: StoredTensor;
  readonly bytes: Uint8Array;
  /** Elements that are stored because they are not zero. */
  readonly nonzeros: number;
  /** Largest distance of a stored value from the value that was given; 0 but for float16. */
  readonly maxError: number;
}

/**
 * Stores a weight in the fewest bytes: dense, a bit map and values, or N:M indices and values; where two take the same, N:M goes before
 * the bit map.
 *
 * @param bytes the weight's elements, as tfjs saves them.
 * @param values float16 for float32 weights of the model that are to be rounded; the state of an optimizer is not.
 * @throws SparsityError for a finite value that float16 cannot hold.
 */
export function encodeTensor(spec: tf.io.WeightsManifestEntry, bytes: Uint8Array, values: 'float32' | 'float16'): EncodedTensor {
  const { name, shape, dtype, group } = spec;
  const width = elementBytes(spec);
  const exact = zeroElements(bytes.length / width, width);
  bytesOf(exact).set(bytes);
  const rounds = values === 'float16' && dtype === 'float32' && group !== 'optimizer';
  const { elements, maxError } = rounds ? rounded(name, new Float32Array(exact.buffer)) : { elements: exact, maxError: 0 };
  const encoding = smallest(elements, shape);
  const stored = {
    ...{ name, shape, dtype: dtype as StoredTensor['dtype'], ...encoding },
    ...(group ? { group } : {}),
    ...(rounds ? { values: 'float16' as const } : {}),
  };
  return { stored, bytes: encode(elements, shape, encoding), nonzeros: countNonzeros(elements), maxError };
}

function smallest(elements: Elements, shape: readonly number[]): TensorEncoding {
  let best: TensorEncoding = { encoding: 'dense' };
  let fewest = elements.byteLength;
  const offer = (bytes: number, encoding: TensorEncoding) => {
    if (bytes >= fewest) return;
    fewest = bytes;
    best = encoding;
  };
  for (const pattern of findNm(elements, shape)) {
    offer(nmBytes(shape, pattern, elements.BYTES_PER_ELEMENT as ElementBytes), { encoding: 'nm', ...pattern });
  }
  offer(bitmapBytes(elements), { encoding: 'bitmap' });
  return best;
}

function encode(elements: Elements, shape: readonly number[], encoding: TensorEncoding): Uint8Array {
  if (encoding.encoding === 'dense') return bytesOf(elements);
  return encoding.encoding === 'nm' ? encodeNm(elements, shape, encoding) : encodeBitmap(elements);
}

function rounded(name: string, values: Float32Array): { elements: Elements; maxError: number } {
  const elements = toFloat16(values) as Elements;
  const back = fromFloat16(elements as Uint16Array);
  let maxError = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    if (!Number.isFinite(back[i])) {
      throw new SparsityError({
        what: `value ${i} of weight ${name}`,
        got: values[i],
        expected: 'at most 65504 and a half step in magnitude, which float16 can hold',
        fix: "save with values: 'float32'",
      });
    }
    maxError = Math.max(maxError, Math.abs(values[i] - back[i]));
  }
  return { elements, maxError };
}
