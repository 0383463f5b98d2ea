import type { ByteReader } from './byte-reader.js';

/**
 * The elements of a tensor as their bits, whatever they stand for: an element is left out of a file only where it is zero to the bit, so
 * that -0 and every NaN come back as they were.
 */
export type Elements = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Bytes of an element. */
export type ElementBytes = 1 | 2 | 4;

/** `count` zeros. */
export function zeroElements(count: number, elementBytes: ElementBytes): Elements {
  return elementBytes === 4 ? new Uint32Array(count) : elementBytes === 2 ? new Uint16Array(count) : new Uint8Array(count);
}

/** How many elements are not zero. */
export function countNonzeros(elements: Elements): number {
  let count = 0;
  for (let i = 0; i < elements.length; i++) if (elements[i] !== 0) count++;
  return count;
}

/** The bytes of elements, which share their memory. */
export function bytesOf(elements: Elements): Uint8Array<ArrayBuffer> {
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
}

/** Reads the bytes of `count` elements. */
export function readElements(reader: ByteReader, count: number, elementBytes: ElementBytes): Elements {
  // Taken before anything is allocated: a count that lies is found out by the bytes that it lacks.
  const bytes = reader.take(count * elementBytes);
  const elements = zeroElements(count, elementBytes);
  bytesOf(elements).set(bytes);
  return elements;
}
