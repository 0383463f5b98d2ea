import type { LaneGrid, StreamedCounts } from './fold-rounds.js';
import type { BitMatrix } from './output-rounds.js';

/**
 * What {@link foldRounds} computes of one fold, index by index: the ones held, then round by round the longest, the words sent, the most to
 * one group, and the most out of one bank.
 *
 * @example
 * ```ts
 * const held = {rows: 1, wordsPerRow: 1, words: Uint32Array.of(0b110)};
 * const stream = {rounds: 1, counts: Uint32Array.of(9, 5, 3)};
 * foldRoundsReference(held, stream, {lanes: 4, depth: 2, fanOut: 2, banks: 2}, 0, 0); // {ones: 2, rounds: [[5, 8, 8, 5]]}
 * ```
 */
export function foldRoundsReference(
  { rows, wordsPerRow, words }: BitMatrix,
  { rounds, counts }: StreamedCounts,
  { lanes, depth, fanOut, banks }: LaneGrid,
  tile: number,
  fold: number,
): { ones: number; rounds: number[][] } {
  const indices = Array.from({ length: 32 * wordsPerRow }, (_, k) => k);
  const held = Array.from({ length: Math.min(lanes, rows - tile * lanes) }, (_, lane) => {
    const row = words.subarray((tile * lanes + lane) * wordsPerRow);
    return indices.filter((k) => (row[k >>> 5] >>> (k & 31)) & 1).slice(fold * depth, (fold + 1) * depth);
  });
  const groups = Array.from({ length: Math.ceil(held.length / fanOut) }, (_, i) => [
    ...new Set(held.slice(i * fanOut, (i + 1) * fanOut).flat()),
  ]);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    ones: held.flat().length,
    rounds: Array.from({ length: rounds }, (_, round) => {
      const sent = groups.map((group) => group.map((k) => counts[k * rounds + round]));
      const perBank = new Array<number>(banks).fill(0);
      for (const k of groups.flat()) perBank[k % banks] += counts[k * rounds + round];
      return [Math.max(0, ...sent.flat()), sum(sent.flat()), Math.max(0, ...sent.map(sum)), Math.max(...perBank)];
    }),
  };
}
