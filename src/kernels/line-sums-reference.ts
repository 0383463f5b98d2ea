import type { BitPlanes, ColumnShifts, LineRuns, LineSums, SparseRows } from './line-sums.js';

/**
 * What {@link gatherLines} computes, bit by bit.
 *
 * @example
 * ```ts
 * const kernel = {
 *   kernels: 1, rowStart: Uint32Array.of(0, 1), tapRow: Uint32Array.of(0), channel: Uint32Array.of(0),
 *   entryStart: Uint32Array.of(0, 1), entries: Uint32Array.of(0),
 * };
 * const runs = {start: Uint32Array.of(0, 1), runs: Uint32Array.of(0, 0, 1)};
 * const map = {words: Uint32Array.of(0b1011), channels: 1, images: 1, rows: 1, width: 4};
 * gatherLinesReference(kernel, runs, map, Uint32Array.of(0b0111), 1, 16).products; // [2]
 * ```
 */
export function gatherLinesReference(
  kernel: SparseRows,
  runs: LineRuns,
  map: BitPlanes,
  masks: Uint32Array,
  lines: number,
  multipliers: number,
): LineSums {
  const taps = masks.length / Math.ceil(map.width / 32);
  return sumRows(kernel, runs, lines, multipliers, map, (_kernel, channel, taken, _target, source) => {
    const row = columns(map, channel, source);
    const under = (tap: number) => row.filter((one, x) => one && bit(masks, tap * Math.ceil(map.width / 32) * 32 + x)).length;
    const products = taken.reduce((sum, entry) => sum + under(entry % taps), 0);
    return row.includes(true) ? products : undefined;
  });
}

/**
 * What {@link gradientLines} computes, bit by bit.
 *
 * @example
 * ```ts
 * const kernel = {
 *   kernels: 1, rowStart: Uint32Array.of(0, 1), tapRow: Uint32Array.of(0), channel: Uint32Array.of(0),
 *   entryStart: Uint32Array.of(0, 1), entries: Uint32Array.of(0),
 * };
 * const runs = {start: Uint32Array.of(0, 1), runs: Uint32Array.of(0, 0, 1)};
 * const map = (word: number) => ({words: Uint32Array.of(word), channels: 1, images: 1, rows: 1, width: 4});
 * gradientLinesReference(kernel, runs, map(0b0110), map(0b0011), {stride: 1, offsets: Int32Array.of(1)}, 16).products; // [2]
 * ```
 */
export function gradientLinesReference(
  kernel: SparseRows,
  runs: LineRuns,
  x: BitPlanes,
  y: BitPlanes,
  { stride, offsets }: ColumnShifts,
  multipliers: number,
): LineSums {
  return sumRows(kernel, runs, x.images * x.rows, multipliers, x, (output, channel, taken, target, source) => {
    const [a, b] = [columns(x, channel, target), columns(y, output, source)];
    const met = (tap: number) => b.filter((one, c) => one && a[c * stride + offsets[tap]]).length;
    const products = taken.reduce((sum, entry) => sum + met(entry % offsets.length), 0);
    return a.includes(true) && b.includes(true) ? products : undefined;
  });
}

/** Kernel by kernel, row by row, run by run, line by line; `productsOf` answers undefined for a pair that does not count. */
function sumRows(
  { kernels, rowStart, tapRow, channel, entryStart, entries }: SparseRows,
  { start, runs }: LineRuns,
  lines: number,
  multipliers: number,
  map: BitPlanes,
  productsOf: (kernel: number, channel: number, taken: number[], target: number, source: number) => number | undefined,
): LineSums {
  const sums = () => new Uint32Array(kernels * lines);
  const [products, rowPairs, pairBatches] = [sums(), sums(), sums()];
  for (let kernel = 0; kernel < kernels; kernel++) {
    for (let row = rowStart[kernel]; row < rowStart[kernel + 1]; row++) {
      const taken = Array.from(entries.subarray(entryStart[row], entryStart[row + 1]));
      for (let run = start[tapRow[row]]; run < start[tapRow[row] + 1]; run++) {
        const [target, source, count] = runs.subarray(3 * run, 3 * run + 3);
        for (let i = 0; i < count; i++) {
          const found = productsOf(kernel, channel[row], taken, target + i, source + i);
          if (found === undefined) continue;
          const unit = kernel * lines + target + i;
          products[unit] += found;
          rowPairs[unit] += 1;
          pairBatches[unit] += Math.max(1, Math.ceil(found / multipliers));
        }
      }
    }
  }
  const channelsOf = Array.from({ length: map.channels }, (_, i) => i);
  const ones = Uint32Array.from({ length: map.images * map.rows }, (_, line) =>
    channelsOf.reduce((sum, i) => sum + columns(map, i, line).filter((one) => one).length, 0),
  );
  return { products, rowPairs, pairBatches, ones };
}

/** A line of a channel. */
function columns({ words, channels, images, rows, width }: BitPlanes, channel: number, line: number): boolean[] {
  const [row, image] = [Math.floor(line / images), line % images];
  const first = (channel * words.length * 32) / channels + (image * rows + row) * width;
  return Array.from({ length: width }, (_, x) => bit(words, first + x));
}

function bit(words: Uint32Array, at: number): boolean {
  return ((words[at >>> 5] >>> (at & 31)) & 1) === 1;
}
