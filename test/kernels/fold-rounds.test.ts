import * as fc from 'fast-check';
import { countRows, foldRounds, foldRoundsReference, roundNumbers } from 'tfjs-sparsity/kernels';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';

const size = (most: number) => fc.integer({ min: 1, max: most });

describe('the kernel of folds', () => {
  it('counts what its reference does, fold by fold and round by round, for all grids', () => {
    const grids = fc.record({ lanes: size(5), depth: size(40), fanOut: size(6), banks: size(5) });
    fc.assert(
      fc.property(grids, size(12), size(5), size(4), size(1e6), (grid, rows, wordsPerRow, rounds, seed) => {
        const rng = createRng(seed);
        const word = () => (rng.uniform() < 0.2 ? 0xffffffff : rng.integer(2 ** 32) & rng.integer(2 ** 32));
        const held = { rows, wordsPerRow, words: Uint32Array.from({ length: rows * wordsPerRow }, word) };
        const counts = Uint32Array.from({ length: 32 * wordsPerRow * rounds }, () => rng.integer(9));
        const perRow = countRows(held);
        const folds = Array.from({ length: Math.ceil(rows / grid.lanes) }, (_, tile) =>
          Math.ceil(Math.max(...perRow.subarray(tile * grid.lanes, (tile + 1) * grid.lanes)) / grid.depth),
        );
        const seen = folds.map(() => 0);
        foldRounds(held, folds, { rounds, counts }, grid, (tile, fold, ones, numbers) => {
          expect(fold).toBe(seen[tile]++);
          const expected = foldRoundsReference(held, { rounds, counts }, grid, tile, fold);
          const got = Array.from({ length: rounds }, (_, round) =>
            Array.from(numbers.subarray(round * roundNumbers, (round + 1) * roundNumbers)),
          );
          expect(ones).toBe(expected.ones);
          expect(got).toEqual(expected.rounds.map(([longest, ...sent]) => [0, longest, ...sent, 0, 0, 0]));
        });
        expect(seen).toEqual(folds);
      }),
      { numRuns: 80 },
    );
  });

  it('counts two lanes by hand: the index that both hold is sent once to their group', () => {
    const held = { rows: 2, wordsPerRow: 1, words: Uint32Array.of(0b0111, 0b0010) };
    const stream = { rounds: 1, counts: Uint32Array.of(1, 2, 4, ...new Array<number>(29).fill(0)) };
    const seen: number[][] = [];
    foldRounds(held, [2], stream, { lanes: 2, depth: 2, fanOut: 2, banks: 2 }, (...[, fold, ones, numbers]) => {
      seen.push([fold, ones, ...numbers.subarray(1, 5)]);
    });
    // First indices 0 and 1, of banks 0 and 1; then index 2, of bank 0.
    expect(seen).toEqual([
      [0, 3, 2, 3, 3, 2],
      [1, 1, 4, 4, 4, 4],
    ]);
  });
});

describe('ones per row', () => {
  it('are those of each row', () => {
    expect(Array.from(countRows({ rows: 2, wordsPerRow: 2, words: Uint32Array.of(0b011, 1, 0b111, 0xffffffff) }))).toEqual([
      3, 35,
    ]);
  });
});
