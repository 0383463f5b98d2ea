import * as fc from 'fast-check';
import {
  type BitMatrix,
  countColumns,
  countColumnsReference,
  countPairsReference,
  countWanted,
  type OutputGrid,
  packedRounds,
  packedRoundsReference,
  roundNumbers,
  tileRounds,
  tileRoundsReference,
} from 'tfjs-sparsity/kernels';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';

const size = (most: number) => fc.integer({ min: 1, max: most });

/** Rows of random bits, some words full. */
function matrix(rows: number, wordsPerRow: number, seed: number): BitMatrix {
  const rng = createRng(seed);
  const word = () => (rng.uniform() < 0.1 ? 0xffffffff : rng.integer(2 ** 32) & rng.integer(2 ** 32));
  return { rows, wordsPerRow, words: Uint32Array.from({ length: rows * wordsPerRow }, word) };
}

const grids: fc.Arbitrary<OutputGrid> = fc.record({
  rows: size(5),
  cols: size(5),
  fanOut: size(6),
  banks: size(5),
  roundWords: fc.constantFrom(1, 2, 4, 4, 7, 64),
});
const cases = fc.record({ grid: grids, m: size(12), n: size(40), words: size(10), seed: size(1e6) });

/** Rounds as the visitor gets them: `tiles` of them in each round. */
function roundsOf(numbers: Float64Array, tile: number, tiles: number): number[][] {
  const rounds = numbers.length / roundNumbers / tiles;
  return Array.from({ length: rounds }, (_, round) => {
    const at = (round * tiles + tile) * roundNumbers;
    return Array.from(numbers.subarray(at, at + roundNumbers));
  });
}

describe('the kernel of tiles of outputs', () => {
  it('counts what its reference does, tile by tile and round by round, for all grids and wanted outputs', () => {
    fc.assert(
      fc.property(cases, fc.boolean(), ({ grid, m, n, words, seed }, all) => {
        const [input, kernel] = [matrix(m, words, seed), matrix(n, words, seed + 1)];
        const wanted = all ? undefined : matrix(m, Math.ceil(n / 32), seed + 2).words;
        const tiles = Math.ceil(n / grid.cols);
        let strips = 0;
        tileRounds(input, kernel, wanted, grid, (first, numbers) => {
          expect(first).toBe(strips++ * grid.rows);
          for (let tile = 0; tile < tiles; tile++) {
            const expected = tileRoundsReference(input, kernel, wanted, grid, first, tile * grid.cols);
            expect(roundsOf(numbers, tile, tiles)).toEqual(expected);
          }
        });
        expect(strips).toBe(Math.ceil(m / grid.rows));
      }),
      { numRuns: 60 },
    );
  });

  it('counts two rows against three by hand: a slot per common one, a word per group that has one', () => {
    const input = { rows: 2, wordsPerRow: 1, words: Uint32Array.of(0b0011, 0b0110) };
    const kernel = { rows: 3, wordsPerRow: 1, words: Uint32Array.of(0b0111, 0b0001, 0b0010) };
    const grid = { rows: 2, cols: 4, fanOut: 2, banks: 2, roundWords: 4 };
    // Slots: 2 1 1 and 2 0 1. Input: columns 0 and 1 together take 2 and 2 words, column 2 takes 1 and 1; a bank holds a row.
    // Kernel: both rows together have 0111, of which the columns take 3, 1 and 1; columns 0 and 2 share a bank.
    tileRounds(input, kernel, undefined, grid, (_, numbers) => {
      expect(Array.from(numbers)).toEqual([7, 2, 6, 2, 3, 5, 3, 4]);
    });
    // Only output (0, 0) and (1, 2) are wanted: their slots remain, what is sent does not change.
    tileRounds(input, kernel, Uint32Array.of(0b001, 0b100), grid, (_, numbers) => {
      expect(Array.from(numbers)).toEqual([3, 2, 6, 2, 3, 5, 3, 4]);
    });
  });
});

describe('the kernel of packed outputs', () => {
  it('counts what its reference does for all grids and lists', () => {
    fc.assert(
      fc.property(cases, ({ grid, m, n, words, seed }) => {
        const [input, kernel] = [matrix(m, words, seed), matrix(n, words, seed + 1)];
        const rng = createRng(seed + 2);
        const rows = Array.from({ length: m }, (_, row) => row);
        const columns = Array.from({ length: n }, () => Uint32Array.from(rows.filter(() => rng.uniform() < 0.4)));
        const seen: string[] = [];
        packedRounds(input, kernel, columns, grid, (tile, numbers) => {
          seen.push(`${tile.first} ${tile.from}`);
          expect(roundsOf(numbers, 0, 1)).toEqual(packedRoundsReference(input, kernel, columns, grid, tile));
        });
        const expected = Array.from({ length: Math.ceil(n / grid.cols) }, (_, i) => i * grid.cols).flatMap((first) => {
          const most = Math.max(...columns.slice(first, first + grid.cols).map(({ length }) => length));
          return Array.from({ length: Math.ceil(most / grid.rows) }, (_, i) => `${first} ${i * grid.rows}`);
        });
        expect(seen).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('counts three outputs by hand: a row whose columns are of one group is sent once', () => {
    const input = { rows: 2, wordsPerRow: 1, words: Uint32Array.of(0b0011, 0b0110) };
    const kernel = { rows: 2, wordsPerRow: 1, words: Uint32Array.of(0b0111, 0b0001) };
    const columns = [Uint32Array.of(0, 1), Uint32Array.of(0)];
    const grid = { rows: 2, cols: 2, fanOut: 2, banks: 2, roundWords: 4 };
    // Slots 2, 2 and 1. Row 0 is sent with 0111, row 1 with 0111: 2 words each. Column 0 takes 0111, column 1 takes 0001.
    packedRounds(input, kernel, columns, grid, (_, numbers) => {
      expect(Array.from(numbers)).toEqual([5, 2, 4, 4, 2, 4, 3, 3]);
    });
  });
});

describe('counts of whole operands', () => {
  it('add up the pairs of the wanted outputs', () => {
    fc.assert(
      fc.property(cases, ({ m, n, words, seed }) => {
        const [input, kernel] = [matrix(m, words, seed), matrix(n, words, seed + 1)];
        const wantedWords = Math.ceil(n / 32);
        const wanted = matrix(m, wantedWords, seed + 2).words;
        if (n & 31) for (let row = 1; row <= m; row++) wanted[row * wantedWords - 1] &= 2 ** (n & 31) - 1;
        const pairs = new Int32Array(m * n);
        countPairsReference(input.words, m, kernel.words, n, words, pairs);
        const isWanted = (i: number) => (wanted[Math.floor(i / n) * wantedWords + ((i % n) >>> 5)] >>> ((i % n) & 31)) & 1;
        const expected = pairs.reduce((sum, pair, i) => sum + pair * isWanted(i), 0);
        expect(countWanted(input, kernel, wanted)).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('count the ones of each column, by hand and as the reference does', () => {
    expect(Array.from(countColumns({ rows: 2, wordsPerRow: 1, words: Uint32Array.of(0b011, 0b110) }, 3))).toEqual([1, 2, 1]);
    fc.assert(
      fc.property(size(70), size(9), size(1e6), (rows, words, seed) => {
        const bits = matrix(rows, words, seed);
        const cols = 32 * words - (seed % 32);
        expect(countColumns(bits, cols)).toEqual(countColumnsReference(bits, cols));
      }),
      { numRuns: 60 },
    );
  });
});
