import { ownMemory } from './own-memory.js';
import type { Pointer } from './wasm-functions.js';

/**
 * Sparse kernels as two-level lists: kernel `j` has rows rowStart[j] .. rowStart[j + 1] - 1, row `r` the entries entryStart[r] ..
 * entryStart[r + 1] - 1. A row is the non-zeros of one tap row and channel.
 */
export interface SparseRows {
  readonly kernels: number;
  readonly rowStart: Uint32Array;
  readonly tapRow: Uint32Array;
  readonly channel: Uint32Array;
  readonly entryStart: Uint32Array;
  /** Channel * width taps + width tap. */
  readonly entries: Uint32Array;
}

/**
 * Lines that meet: under tap row t those of runs start[t] .. start[t + 1] - 1, a run being first target line, first source line and how
 * many. A line is a row of an image's map, numbered row by row, in a row image by image.
 */
export interface LineRuns {
  readonly start: Uint32Array;
  readonly runs: Uint32Array;
}

/** Maps of bits by channel: planes [channel][whole words of image, row, column]. */
export interface BitPlanes {
  readonly words: Uint32Array;
  readonly channels: number;
  readonly images: number;
  readonly rows: number;
  readonly width: number;
}

/** What each line takes under each kernel, [kernel][line]. */
export interface LineSums {
  readonly products: Uint32Array;
  /** Rows of the kernel that meet a row of a map, both with a one. */
  readonly rowPairs: Uint32Array;
  /** Batches of `multipliers` products, pair by pair, of which each takes at least one. */
  readonly pairBatches: Uint32Array;
  /** Ones of each line of the map whose rows the kernels meet, over all channels. */
  readonly ones: Uint32Array;
}

/**
 * Kernels that slide over a map: a row pair has, for each entry, the ones of the source line that lie under the mask of its width tap.
 *
 * @param masks of source columns, [width tap][whole words of columns].
 * @param lines target lines.
 * @example
 * ```ts
 * const kernel = {
 *   kernels: 1, rowStart: Uint32Array.of(0, 1), tapRow: Uint32Array.of(0), channel: Uint32Array.of(0),
 *   entryStart: Uint32Array.of(0, 1), entries: Uint32Array.of(0),
 * };
 * const runs = {start: Uint32Array.of(0, 1), runs: Uint32Array.of(0, 0, 1)};
 * const map = {words: Uint32Array.of(0b1011), channels: 1, images: 1, rows: 1, width: 4};
 * gatherLines(kernel, runs, map, Uint32Array.of(0b0111), 1, 16).products; // [2]
 * ```
 */
export function gatherLines(
  kernel: SparseRows,
  runs: LineRuns,
  map: BitPlanes,
  masks: Uint32Array,
  lines: number,
  multipliers: number,
): LineSums {
  const { channels, images, rows, width } = map;
  const sourceLines = images * rows;
  const taps = masks.length / Math.ceil(width / 32);
  const counted = 4 * channels * sourceLines;
  const memory = layOut(kernel, runs, lines, [map.words, masks], [counted * taps, counted]);
  const [planes, masksAt, hits, counts] = memory.areas;
  const planeBytes = map.words.byteLength / channels;
  memory.wasm.lineHits(planes, planeBytes, channels, rows, images, width, masksAt, taps, hits, counts);
  memory.wasm.gatherLines(...memory.lists, hits, counts, sourceLines, lines, multipliers, memory.sums);
  return memory.take(counts, channels, sourceLines);
}

/** How the columns of the other map meet a map: column c meets c * stride + offsets[tap]. */
export interface ColumnShifts {
  readonly stride: number;
  readonly offsets: Int32Array;
}

/**
 * Wanted gradients: a row pair has, for each entry, the columns in which both the line of x, shifted as its width tap wants it, and the
 * line of y are one. Target lines are those of x, source lines those of y, whose channels are the kernels.
 *
 * @example
 * ```ts
 * const kernel = {
 *   kernels: 1, rowStart: Uint32Array.of(0, 1), tapRow: Uint32Array.of(0), channel: Uint32Array.of(0),
 *   entryStart: Uint32Array.of(0, 1), entries: Uint32Array.of(0),
 * };
 * const runs = {start: Uint32Array.of(0, 1), runs: Uint32Array.of(0, 0, 1)};
 * const map = (word: number) => ({words: Uint32Array.of(word), channels: 1, images: 1, rows: 1, width: 4});
 * gradientLines(kernel, runs, map(0b0110), map(0b0011), {stride: 1, offsets: Int32Array.of(1)}, 16).products; // [2]
 * ```
 */
export function gradientLines(
  kernel: SparseRows,
  runs: LineRuns,
  x: BitPlanes,
  y: BitPlanes,
  { stride, offsets }: ColumnShifts,
  multipliers: number,
): LineSums {
  const [lines, otherLines] = [x.images * x.rows, y.images * y.rows];
  const words = Math.ceil(y.width / 32);
  const shiftedBytes = 4 * x.channels * offsets.length * words * lines;
  const memory = layOut(
    kernel,
    runs,
    lines,
    [x.words, y.words, Uint32Array.from(offsets), Uint32Array.of(0)],
    [shiftedBytes, 4 * y.channels * words * otherLines, 4 * x.channels * lines, 4 * y.channels * otherLines],
  );
  const [xPlanes, yPlanes, offsetsAt, noOffset, shifted, others, xCounts, yCounts] = memory.areas;
  const shift = (map: BitPlanes, planes: Pointer, by: readonly number[], out: Pointer, counts: Pointer) => {
    const { channels, rows, images, width } = map;
    memory.wasm.shiftLines(
      ...[planes, map.words.byteLength / channels, channels, rows, images, width, y.width],
      ...[...by, out, counts],
    );
  };
  shift(x, xPlanes, [stride, offsetsAt, offsets.length], shifted, xCounts);
  shift(y, yPlanes, [1, noOffset, 1], others, yCounts);
  memory.wasm.gradientLines(
    ...[...memory.lists, shifted, others, words, xCounts, yCounts, otherLines, lines, multipliers, memory.sums],
  );
  return memory.take(xCounts, x.channels, lines);
}

/** Places lists, runs and inputs in the memory, and room for more and for the sums. */
function layOut(
  kernel: SparseRows,
  { start, runs }: LineRuns,
  lines: number,
  inputs: readonly Uint32Array[],
  room: readonly number[],
) {
  const { kernels, rowStart, tapRow, channel, entryStart, entries } = kernel;
  const placed = [rowStart, tapRow, channel, entryStart, entries, start, runs, ...inputs];
  const sumBytes = 4 * lines * kernels + 16;
  const { memory, wasm, areas } = ownMemory([...placed.map(({ byteLength }) => byteLength), ...room, 3 * sumBytes]);
  placed.forEach((words, i) => {
    new Uint32Array(memory.buffer, areas[i], words.length).set(words);
  });
  const sums = areas[areas.length - 1];
  new Uint8Array(memory.buffer, sums, 3 * sumBytes).fill(0);
  const at = (place: Pointer, length: number) => new Uint32Array(memory.buffer, place, length);
  return {
    wasm,
    areas: areas.slice(7),
    /** The first arguments of the kernels. */
    lists: [kernels, ...areas.slice(0, 7)],
    sums,
    /** The sums, with the ones of `count` lines over the channels. */
    take(counts: Pointer, channels: number, count: number): LineSums {
      const ones = new Uint32Array(count);
      const all = at(counts, channels * count);
      for (let i = 0; i < all.length; i++) ones[i % count] += all[i];
      const [products, rowPairs, pairBatches] = [0, 1, 2].map((i) => at(sums + i * sumBytes, lines * kernels).slice());
      return { products, rowPairs, pairBatches, ones };
    },
  };
}
