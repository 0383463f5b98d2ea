import { type NmPattern, placeBits } from '../../hw/parts/formats/nm.js';
import { forEachRun, type Runs } from '../../pruning/patterns/runs.js';
import type { ByteReader } from './byte-reader.js';
import { bytesOf, type ElementBytes, type Elements, readElements, zeroElements } from './elements.js';

/** At most `n` non-zeros of `m` consecutive elements along an axis; the last group may be shorter. */
export interface AxisPattern extends NmPattern {
  readonly axis: number;
}

/** Group sizes that are looked for: no index has more than 5 bits. */
export const groupSizes: readonly number[] = [2, 4, 8, 16, 32];

/**
 * The patterns that elements obey along their input or output axis, the last two: for each group size the smallest N. Left out are those
 * whose indices, log2(M) bits for N of M elements, take more than the one bit per element of a bit map.
 */
export function findNm(elements: Elements, shape: readonly number[]): AxisPattern[] {
  const axes = [shape.length - 2, shape.length - 1].filter(() => shape.length >= 2);
  return axes.flatMap((axis) =>
    groupSizes.flatMap((m) => {
      const n = mostPerGroup(elements, groupsAlong(shape, { axis, m }), Math.floor(m / placeBits(m)));
      return n === undefined ? [] : [{ n: Math.max(1, n), m, axis }];
    }),
  );
}

/** Bytes of {@link encodeNm}: `ceil(slots log2(M) / 8) + slots v`, v the bytes of an element. */
export function nmBytes(shape: readonly number[], pattern: AxisPattern, elementBytes: ElementBytes): number {
  const slots = slotCount(shape, pattern);
  return indexBytes(slots, pattern) + slots * elementBytes;
}

/**
 * Elements as N slots per group (as many as a shorter last group has elements): the places of all slots in their groups, log2(M) bits
 * each, lowest first, then what is in the slots. Those of a group go up; slots that are not needed come last and hold 0.
 */
export function encodeNm(elements: Elements, shape: readonly number[], pattern: AxisPattern): Uint8Array {
  const { n, m } = pattern;
  const bits = placeBits(m);
  const slots = slotCount(shape, pattern);
  const places = new Uint8Array(indexBytes(slots, pattern));
  const values = zeroElements(slots, elements.BYTES_PER_ELEMENT as ElementBytes);
  const groups = groupsAlong(shape, pattern);
  let begin = 0;
  forEachRun(groups, (_, first, size) => {
    let slot = begin;
    for (let place = 0; place < size; place++) {
      const element = elements[first + place * groups.inner];
      if (element === 0) continue;
      writeBits(places, slot * bits, place);
      values[slot++] = element;
    }
    begin += Math.min(n, size);
  });
  const bytes = new Uint8Array(places.length + values.byteLength);
  bytes.set(places);
  bytes.set(bytesOf(values), places.length);
  return bytes;
}

/**
 * The elements that {@link encodeNm} has written.
 *
 * @throws SparsityError for a place outside its group, or not behind the one before it.
 */
export function decodeNm(
  reader: ByteReader,
  shape: readonly number[],
  pattern: AxisPattern,
  elementBytes: ElementBytes,
): Elements {
  const bits = placeBits(pattern.m);
  const slots = slotCount(shape, pattern);
  const places = reader.take(indexBytes(slots, pattern));
  const values = readElements(reader, slots, elementBytes);
  const groups = groupsAlong(shape, pattern);
  const elements = zeroElements(groups.outer * groups.length * groups.inner, elementBytes);
  let slot = 0;
  forEachRun(groups, (group, first, size) => {
    let last = -1;
    for (const end = slot + Math.min(pattern.n, size); slot < end; slot++) {
      if (values[slot] === 0) continue;
      const place = readBits(places, slot * bits, bits);
      if (place <= last || place >= size) {
        throw reader.damaged(`place ${place} in group ${group}`, `places that go up from ${last + 1} to at most ${size - 1}`);
      }
      elements[first + place * groups.inner] = values[slot];
      last = place;
    }
  });
  return elements;
}

function groupsAlong(shape: readonly number[], { axis, m }: Omit<AxisPattern, 'n'>): Runs {
  const product = (from: number, to?: number) => shape.slice(from, to).reduce((size, next) => size * next, 1);
  return { outer: product(0, axis), length: shape[axis], inner: product(axis + 1), width: m };
}

function slotCount(shape: readonly number[], pattern: AxisPattern): number {
  const { outer, length, inner, width } = groupsAlong(shape, pattern);
  return outer * inner * (Math.floor(length / width) * pattern.n + Math.min(pattern.n, length % width));
}

const indexBytes = (slots: number, { m }: NmPattern) => Math.ceil((slots * placeBits(m)) / 8);

/** The most non-zeros of a group, or undefined where they are more than `limit`. */
function mostPerGroup(elements: Elements, { outer, length, inner, width }: Runs, limit: number): number | undefined {
  let most = 0;
  for (let row = 0; row < outer * inner; row++) {
    const first = Math.floor(row / inner) * length * inner + (row % inner);
    for (let start = 0; start < length; start += width) {
      let count = 0;
      const end = Math.min(length, start + width);
      for (let k = start; k < end; k++) if (elements[first + k * inner] !== 0) count++;
      if (count > limit) return undefined;
      if (count > most) most = count;
    }
  }
  return most;
}

// A place has few enough bits to lie in two bytes.
function writeBits(bytes: Uint8Array, at: number, value: number): void {
  const shifted = value << (at & 7);
  bytes[at >>> 3] |= shifted;
  if (shifted > 255) bytes[(at >>> 3) + 1] |= shifted >> 8;
}

function readBits(bytes: Uint8Array, at: number, bits: number): number {
  const two = bytes[at >>> 3] | ((bytes[(at >>> 3) + 1] ?? 0) << 8);
  return (two >> (at & 7)) & ((1 << bits) - 1);
}
