import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acf,
  actions,
  type EnergyOptions,
  energy45nm,
  energyTables,
  price,
  scaleEnergyTable,
  sramAccessPj,
  unequalResources,
} from '../../src/hw/index.js';

const names = Object.keys(actions);
const counts = fc.dictionary(fc.constantFrom(...names), fc.nat(1000));

describe('energy', () => {
  it('is linear in the counts', () => {
    const table = energy45nm();
    fc.assert(
      fc.property(counts, counts, fc.nat(9), (a, b, factor) => {
        const sum = Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + factor * (b[name] ?? 0)]));
        const [priceA, priceB, priceSum] = [a, b, sum].map((actions) => price({ actions }, table));
        expect(priceSum.totalPj).toBeCloseTo(priceA.totalPj + factor * priceB.totalPj, 4);
        const components = Object.values(priceSum.byComponentPj).reduce((total, pj) => total + pj, 0);
        expect(components).toBeCloseTo(priceSum.totalPj, 4);
      }),
    );
  });

  it('has the printed prices of 003: a DRAM word pays for 139 multiply-accumulates and 6400 integer additions (ledger A14)', () => {
    const pj = (name: keyof typeof actions) => energy45nm().actions[name].pj;
    expect([pj('multiplyFp32'), pj('addFp32'), pj('registerAccess'), pj('sramSmallAccess'), pj('indexOp')]).toEqual([
      3.7, 0.9, 1, 5, 0.1,
    ]);
    expect(4 * pj('dramByte')).toBe(640);
    expect(Math.floor((4 * pj('dramByte')) / (pj('multiplyFp32') + pj('addFp32')))).toBe(139);
    expect(Math.round((4 * pj('dramByte')) / pj('multiplyFp32'))).toBe(173);
    expect((4 * pj('dramByte')) / pj('indexOp')).toBeCloseTo(6400, 9);
  });

  it('replaces the DRAM line, and only that, for LPDDR4 (8 pJ/bit) and HBM2 (3.9 pJ/bit)', () => {
    const { dramByte, ...others } = energy45nm().actions;
    for (const [dram, pjPerBit] of [
      ['lpddr4', 8],
      ['hbm2', 3.9],
    ] as const) {
      const { dramByte: replaced, ...kept } = energy45nm({ dram }).actions;
      expect(replaced.pj).toBeCloseTo(8 * pjPerBit, 10);
      expect(replaced.pj).not.toBe(dramByte.pj);
      expect(kept).toEqual(others);
    }
  });

  it('scales SRAM with the root of its size: 5 pJ at 8 KB, 10 at 32 KB, within 13 % of 50 at 1 MB', () => {
    expect([sramAccessPj(8), sramAccessPj(32)]).toEqual([5, 10]);
    expect(Math.abs(sramAccessPj(1024) / 50 - 1)).toBeLessThan(0.1315);
    expect(energy45nm({ globalBufferKb: 32 }).actions.sramLargeAccess.pj).toBe(10);
  });

  it('has another name where another price is, so that unequal tables are seen to be', () => {
    const table = energy45nm({ globalBufferKb: 8192 });
    expect(unequalResources([acf().spec, acf({ energyTable: table }).spec])).toEqual(['energy table']);
    expect(unequalResources([acf().spec, acf({ energyTable: energy45nm({ globalBufferKb: 128 }) }).spec])).toEqual([]);
    expect([table.name, energy45nm({ dram: 'hbm2', globalBufferKb: 512 }).name]).toEqual(['45nm-8192KB', '45nm-hbm2-512KB']);
    expect(scaleEnergyTable(table, 16).name).toBe('16nm-8192KB');
  });

  it('prices every action in every table, each with its source', () => {
    for (const table of Object.values(energyTables)) {
      expect(Object.keys(table.actions).sort()).toEqual([...names].sort());
      for (const { source, component } of Object.values(table.actions))
        expect([source.length > 0, component.length > 0]).toEqual([true, true]);
    }
  });

  it('refuses an action that the table does not price, and names the nearest', () => {
    expect(() => price({ actions: { dramBytes: 3 } }, energy45nm())).toThrow(
      /action priced by energy table 45nm: got dramBytes.*Did you mean dramByte/,
    );
    expect(() => price({ actions: { toString: 1 } }, energy45nm())).toThrow('got toString');
    expect(() => energy45nm({ dram: 'hbm' as 'hbm2' })).toThrow('Did you mean hbm2');
    expect(() => energy45nm({ globalBufferKB: 512 } as EnergyOptions)).toThrow('Did you mean globalBufferKb');
    expect(() => energy45nm({ globalBufferKb: 0 })).toThrow('size of the SRAM in KB: got 0');
  });
});
