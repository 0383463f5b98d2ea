import fc from 'fast-check';
import {
  bitsFrom,
  groupedBits,
  groupPrecisionBits,
  inScanOrder,
  memoryNodes,
  selectBits,
  storedRowBits,
  tacticalConnections,
} from 'tfjs-sparsity/hw';
import { describe, expect, it } from 'vitest';

describe('connections', () => {
  it('of T8<h,d> and L8<h,d> are those of the public simulator, sorted by rows and lanes (ledger A12)', () => {
    const list = (shape: 'T' | 'L', h: number, d: number) => inScanOrder(tacticalConnections(shape, h, d), 'by-row').join(' ');
    expect(list('T', 1, 6)).toBe('1,-3 1,-2 1,-1 1,0 1,1 1,2 1,3');
    expect(list('T', 2, 5)).toBe('1,-1 1,0 1,1 1,3 2,-2 2,0 2,2');
    expect(list('T', 3, 4)).toBe('1,-1 1,0 1,1 2,-2 2,0 2,2 3,0');
    expect(list('T', 4, 3)).toBe('1,-1 1,0 1,1 2,0 2,2 3,0 4,0');
    expect(list('L', 1, 6)).toBe('1,-6 1,-5 1,-4 1,-3 1,-2 1,-1 1,0');
    expect(list('L', 4, 3)).toBe('1,-3 1,-2 1,-1 1,0 2,0 3,0 4,0');
  });

  it('are scanned lookahead first, lookaside first, or as they are listed', () => {
    const listed = tacticalConnections('T', 2, 5);
    expect(listed.join(' ')).toBe('1,0 2,0 1,1 1,-1 2,2 2,-2 1,3');
    expect(inScanOrder(listed, 'listed')).toEqual(listed);
    expect(inScanOrder(listed, 'lookahead-first').join(' ')).toBe('1,0 2,0 1,-1 1,1 1,3 2,-2 2,2');
    expect(inScanOrder(listed, 'lookaside-first').join(' ')).toBe('1,-1 1,1 1,3 2,-2 2,2 1,0 2,0');
  });

  it('without rows ahead are none, with one lane of rows a line', () => {
    expect(tacticalConnections('L', 0, 0)).toEqual([]);
    expect(tacticalConnections('T', 3, 0).join(' ')).toBe('1,0 2,0 3,0');
  });

  it('of any trident are of both kinds, inside the window, and all different', () => {
    const sizes = fc.record({ h: fc.integer({ min: 1, max: 7 }), d: fc.integer({ min: 0, max: 30 }) });
    fc.assert(
      fc.property(sizes, ({ h, d }) => {
        const list = tacticalConnections('T', h, d);
        expect(new Set(list.map(String)).size).toBe(h + d);
        expect(list.filter(([, aside]) => aside === 0)).toHaveLength(h);
        for (const [ahead, aside] of list) {
          expect(ahead >= 1 && ahead <= h).toBe(true);
          expect(Math.abs(aside)).toBeLessThanOrEqual(Math.ceil(d / 2));
        }
      }),
    );
  });

  it('need enough bits to choose one of them or none', () => {
    expect([0, 1, 3, 4, 7, 8].map((count) => selectBits(count))).toEqual([0, 1, 2, 3, 3, 4]);
    expect(selectBits(tacticalConnections('T', 2, 5).length)).toBe(3); // ledger A12: seven entries
    expect([0, 1, 3, 4, 7, 8].map((count) => selectBits(count, 'peer'))).toEqual([0, 0, 2, 2, 3, 3]);
  });

  it.each<[string, () => unknown, string]>([
    ['an unknown shape', () => tacticalConnections('X' as 'T', 1, 1), 'shape of connections: got X, expected one of L, T'],
    ['no number', () => tacticalConnections('T', Number.NaN, 1), 'lookahead: got NaN, expected an integer from 0 to 7'],
    ['too many', () => tacticalConnections('T', 1, 31), 'lookaside: got 31, expected an integer from 0 to 30'],
    ['lanes without rows', () => tacticalConnections('T', 0, 2), 'lookaside without lookahead: got 2'],
    ['an unknown order', () => inScanOrder([], 'sorted' as 'listed'), 'scan order: got sorted, expected by-row'],
    ['no count', () => selectBits(-1), 'number of connections: got -1'],
    ['an unknown count', () => selectBits(1, 'mine' as 'peer'), 'count of select bits: got mine'],
  ])('of %s are refused', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe('what is stored', () => {
  const fields = { lanes: 16, valueBits: 16, selectBits: 3, advanceBits: 2 };

  it('of rows is the smaller of slots and runs of zeros, with the advance codes', () => {
    expect(storedRowBits({ filterRows: 10, codedRows: 10, nonzeros: 40 }, fields)).toBe(40 * 23 + 10 * 5 + 20);
    expect(storedRowBits({ filterRows: 10, codedRows: 10, nonzeros: 160 }, fields)).toBe(160 * 19 + 20);
    const inOrder = { lanes: 16, valueBits: 16, selectBits: 0, advanceBits: 0 };
    expect(storedRowBits({ filterRows: 1, codedRows: 1, nonzeros: 16 }, inOrder)).toBe(256);
  });

  it('of activations are the groups that have any, no more than all of them, and never less for more non-zeros', () => {
    const map = bitsFrom([...new Array(16).fill(0), ...new Array(20).fill(3)], [36]);
    expect(groupedBits(map, { group: 16, valueBits: 16, precisionBits: 8 })).toBe(3 * 4 + 20 * 8);
    expect(groupedBits(map, { group: 16, valueBits: 16, precisionBits: 32 })).toBe(3 * 4 + 20 * 16);
    expect(groupedBits(map, { group: 16, valueBits: 32, precisionBits: 32 })).toBe(3 * 5 + 20 * 32);
    expect(groupedBits(bitsFrom(new Array(64).fill(1), [64]), { group: 64, valueBits: 8, precisionBits: 8 })).toBe(64 * 8);
    const values = fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 40 }), (ones, group) => {
        const bits = (of: readonly number[]) =>
          groupedBits(bitsFrom(of, [of.length]), { group, valueBits: 16, precisionBits: 9 });
        expect(bits(ones)).toBeLessThanOrEqual(bits(ones.map((one, i) => (i === 0 ? 1 : one))));
      }),
    );
  });

  it('of activation values is what the widest of each group needs', () => {
    expect(groupPrecisionBits([5, 0, 1, 2], 4)).toBe(4 + 4 * 3);
    expect(groupPrecisionBits([-5, 0, 1, 2], 4)).toBe(4 + 4 * 4);
    expect(groupPrecisionBits([0, 0, 0, 1], 2)).toBe(4 + 4 + 2);
    expect(groupPrecisionBits(new Array(32).fill(0))).toBe(8);
    expect(() => groupPrecisionBits([1.5])).toThrow('activation 0: got 1.5, expected an integer below 2^15 in size');
    expect(() => groupPrecisionBits([1, 40000])).toThrow('activation 1: got 40000');
  });
});

it('a memory has its bandwidth from transfers and width', () => {
  expect(memoryNodes['ddr4-3200'].gigabytesPerSecond).toBe(25.6);
  expect(memoryNodes['ddr3-1600'].gigabytesPerSecond).toBe(12.8);
});
