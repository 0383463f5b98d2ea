import type { BitMatrix, OutputGrid, PackedTile } from './output-rounds.js';

/** An output: its input row, its kernel row, and whether it is wanted. */
interface Output {
  readonly row: number;
  readonly column: number;
  readonly wanted: boolean;
}

/**
 * What {@link tileRounds} computes: the rounds of one tile, from row `m` and column `n` on.
 *
 * @example
 * ```ts
 * const [input, kernel] = [0b0111, 0b1110].map((word) => ({rows: 1, wordsPerRow: 1, words: Uint32Array.of(word)}));
 * const grid = {rows: 4, cols: 4, fanOut: 2, banks: 2, roundWords: 4};
 * tileRoundsReference(input, kernel, undefined, grid, 0, 0); // [[2, 2, 2, 2, 2, 2, 2, 2]]
 * ```
 */
export function tileRoundsReference(
  input: BitMatrix,
  kernel: BitMatrix,
  wanted: Uint32Array | undefined,
  grid: OutputGrid,
  m: number,
  n: number,
): number[][] {
  const wordsPerRow = Math.ceil(kernel.rows / 32);
  const places = Array.from({ length: Math.min(grid.cols, kernel.rows - n) }, (_, j) =>
    Array.from({ length: Math.min(grid.rows, input.rows - m) }, (_, i): Output => {
      const [row, column] = [m + i, n + j];
      return { row, column, wanted: !wanted || bit(wanted, row * wordsPerRow * 32 + column) };
    }),
  );
  // An array row has a link of its own to each group of columns.
  const byRow = Array.from(places[0], (_, i) => places.map((column) => column[i]));
  return roundsOf(
    input,
    kernel,
    places,
    byRow.flatMap((row) => groupsOf(row, grid.fanOut)),
    grid,
  );
}

/**
 * What {@link packedRounds} computes: the rounds of one tile.
 *
 * @example
 * ```ts
 * const [input, kernel] = [0b0111, 0b1110].map((word) => ({rows: 1, wordsPerRow: 1, words: Uint32Array.of(word)}));
 * const grid = {rows: 4, cols: 4, fanOut: 2, banks: 2, roundWords: 4};
 * packedRoundsReference(input, kernel, [Uint32Array.of(0)], grid, {first: 0, from: 0}); // [[2, 2, 2, 2, 2, 2, 2, 2]]
 * ```
 */
export function packedRoundsReference(
  input: BitMatrix,
  kernel: BitMatrix,
  columns: readonly Uint32Array[],
  grid: OutputGrid,
  { first, from }: PackedTile,
): number[][] {
  const places = columns
    .slice(first, first + grid.cols)
    .map((list, j) => Array.from(list.subarray(from, from + grid.rows), (row) => ({ row, column: first + j, wanted: true })));
  return roundsOf(
    input,
    kernel,
    places,
    groupsOf(places, grid.fanOut).map((group) => group.flat()),
    grid,
  );
}

/** Round by round, index by index. `places` are the outputs of each array column, `inputGroups` those behind a link of the input. */
function roundsOf(
  input: BitMatrix,
  kernel: BitMatrix,
  places: readonly (readonly Output[])[],
  inputGroups: readonly (readonly Output[])[],
  { fanOut, banks, roundWords }: OutputGrid,
): number[][] {
  const { wordsPerRow } = input;
  const kernelGroups = places.flatMap((column) => groupsOf(column, fanOut));
  return Array.from({ length: Math.ceil(wordsPerRow / roundWords) }, (_, round) => {
    const [first, end] = [32 * roundWords * round, 32 * Math.min(wordsPerRow, roundWords * (round + 1))];
    const indices = Array.from({ length: end - first }, (_, i) => first + i);
    const has = (matrix: BitMatrix, row: number, k: number) => bit(matrix.words, row * wordsPerRow * 32 + k);
    const both = ({ row, column }: Output, k: number) => has(input, row, k) && has(kernel, column, k);
    const slots = places.flat().map((output) => (output.wanted ? indices.filter((k) => both(output, k)).length : 0));
    /** A word is sent to a group once: distinct pairs of operand row and index. */
    const deliveries = (groups: readonly (readonly Output[])[], lineOf: (output: Output) => number) => {
      const perGroup = groups.map(
        (group) => new Set(indices.flatMap((k) => group.filter((o) => both(o, k)).map((o) => `${lineOf(o)} ${k}`))),
      );
      const perBank = new Array<number>(banks).fill(0);
      for (const word of perGroup.flatMap((words) => [...words])) perBank[Number(word.split(' ')[0]) % banks]++;
      const sizes = perGroup.map(({ size }) => size);
      return { sizes, busiest: Math.max(...perBank) };
    };
    return { slots, input: deliveries(inputGroups, ({ row }) => row), kernel: deliveries(kernelGroups, ({ column }) => column) };
  }).map(({ slots, input: sent, kernel: other }) => [
    ...[sum(slots), Math.max(0, ...slots)],
    ...[sum(sent.sizes), Math.max(0, ...sent.sizes), sent.busiest],
    ...[sum(other.sizes), Math.max(0, ...other.sizes), other.busiest],
  ]);
}

function groupsOf<T>(members: readonly T[], fanOut: number): T[][] {
  return Array.from({ length: Math.ceil(members.length / fanOut) }, (_, i) => members.slice(i * fanOut, (i + 1) * fanOut));
}

function bit(words: Uint32Array, at: number): boolean {
  return ((words[at >>> 5] >>> (at & 31)) & 1) === 1;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
