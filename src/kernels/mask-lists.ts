import { ownMemory } from './own-memory.js';
import { segmentsOf } from './segments-of.js';
import type { Pointer, WasmFunction } from './wasm-functions.js';

/**
 * The non-zeros of a kernel as the lane kernels walk them, cut into segments by what they read, see `segmentsOf`; those of segment
 * `s` and output row `o` are `rowStart[s * rows + o] .. rowStart[s * rows + o + 1] - 1`. Offsets are bytes from the place of an output
 * pixel in the padded input to the lanes that a non-zero multiplies.
 */
export interface OffsetList {
  readonly rowStart: Uint32Array;
  readonly offsets: Uint32Array;
  /** Index in the dense kernel, [kh, kw, in, out] row-major. */
  readonly order: Uint32Array;
}

/** A tap of a kernel's window. */
export interface Tap {
  /** Index in the dense kernel of its channel 0 in row 0. */
  readonly start: number;
  /** Bytes from the place of an output pixel to its channel 0. */
  readonly offset: number;
}

/** What a list is made of. */
export interface ListShape {
  readonly rows: number;
  readonly taps: readonly Tap[];
  /** Channels of the map that the list reads. */
  readonly channels: number;
  /** At most as many as channels. */
  readonly segments: number;
  /** Whether neighbours in the dense kernel are of neighbouring rows, or of neighbouring channels. */
  readonly neighbours: 'rows' | 'channels';
}

/** A mask and the list of it in memory; room for as many entries as the mask keeps weights. */
export interface MaskListPointers {
  /** A byte a weight, 0 or 1; behind them lie 15 bytes that may be read. */
  readonly mask: Pointer;
  /** Starts of the taps, and behind them their offsets, a word each. */
  readonly taps: Pointer;
  readonly rowStart: Pointer;
  readonly offsets: Pointer;
  readonly order: Pointer;
}

/** Kernels that make lists of masks, see `LaneKernels`. */
export interface MaskListKernels {
  /** Writes the list, and returns the number of its entries. */
  listMask(shape: ListShape, list: MaskListPointers): number;
}

/** @param wasm the functions of the module, on the memory of all pointers. */
export function maskListKernels(wasm: Readonly<Record<string, WasmFunction>>): MaskListKernels {
  return {
    listMask({ rows, taps, channels, segments, neighbours }, { mask, taps: starts, rowStart, offsets, order }) {
      const list = neighbours === 'rows' ? wasm.listAcross : wasm.listAlong;
      const firsts = starts + 4 * taps.length;
      let count = 0;
      for (const [segment, part] of segmentsOf(channels, taps.length, segments).entries()) {
        const { firstTap, first, width } = part;
        const [startsAt, firstsAt, at] = [starts + 4 * firstTap, firsts + 4 * firstTap, rowStart + 4 * segment * rows];
        count = list(mask, rows, part.taps, startsAt, firstsAt, first, width, channels, count, at, offsets, order);
      }
      return count;
    },
  };
}

/**
 * How many weights a mask keeps.
 *
 * @param mask a byte a weight, 0 or 1.
 * @example
 * ```ts
 * countOnes(Uint8Array.of(1, 0, 1)); // 2
 * ```
 */
export function countOnes(mask: Uint8Array): number {
  const { memory, wasm, areas } = ownMemory([mask.length]);
  const [maskAt] = areas;
  new Uint8Array(memory.buffer).set(mask, maskAt);
  return wasm.countOnes(maskAt, mask.length);
}

/** The list of the weights that a mask keeps, a byte a weight, 0 or 1. */
export function listOf(mask: Uint8Array, shape: ListShape): OffsetList {
  const { rows, taps, segments } = shape;
  const room = 4 * countOnes(mask);
  const { memory, wasm, areas } = ownMemory([mask.length, 8 * taps.length, 4 * (segments * rows + 1), room, room]);
  const [maskAt, tapsAt, rowStart, offsets, order] = areas;
  const words = (at: Pointer, count: number) => new Uint32Array(memory.buffer, at, count);
  new Uint8Array(memory.buffer).set(mask, maskAt);
  words(tapsAt, 2 * taps.length).set([...taps.map(({ start }) => start), ...taps.map(({ offset }) => offset)]);
  const count = maskListKernels(wasm).listMask(shape, { mask: maskAt, taps: tapsAt, rowStart, offsets, order });
  return {
    rowStart: words(rowStart, segments * rows + 1).slice(),
    offsets: words(offsets, count).slice(),
    order: words(order, count).slice(),
  };
}
