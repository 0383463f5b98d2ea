import type { ByteReader } from './byte-reader.js';
import { bytesOf, countNonzeros, type ElementBytes, type Elements, readElements, zeroElements } from './elements.js';

/** Bytes of {@link encodeBitmap}: `ceil(elements / 8) + nonzeros v`, v the bytes of an element. */
export function bitmapBytes(elements: Elements): number {
  return Math.ceil(elements.length / 8) + countNonzeros(elements) * elements.BYTES_PER_ELEMENT;
}

/** Elements as a bit for each (bit `i & 7` of byte `i >> 3` is that of element i), then the non-zeros in their order. */
export function encodeBitmap(elements: Elements): Uint8Array {
  const bytes = new Uint8Array(bitmapBytes(elements));
  for (let i = 0; i < elements.length; i++) if (elements[i] !== 0) bytes[i >> 3] |= 1 << (i & 7);
  const nonzeros = elements.filter((bits) => bits !== 0);
  bytes.set(bytesOf(nonzeros as Elements), Math.ceil(elements.length / 8));
  return bytes;
}

/** The `count` elements that {@link encodeBitmap} has written. */
export function decodeBitmap(reader: ByteReader, count: number, elementBytes: ElementBytes): Elements {
  const map = reader.take(Math.ceil(count / 8));
  const elements = zeroElements(count, elementBytes);
  for (let i = 0; i < count; i++) elements[i] = (map[i >> 3] >> (i & 7)) & 1;
  const nonzeros = readElements(reader, countNonzeros(elements), elementBytes);
  for (let i = 0, next = 0; i < count; i++) if (elements[i]) elements[i] = nonzeros[next++];
  return elements;
}
