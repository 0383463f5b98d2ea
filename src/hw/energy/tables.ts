import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import type { EnergyTable } from '../contracts.js';
import type { ActionName } from './actions.js';
import { scaleEnergyTable } from './scale-table.js';

/** The off-chip memories with a price per byte. */
export type Dram = 'ddr' | 'lpddr4' | 'hbm2';

/** Options of {@link energy45nm}. */
export interface EnergyOptions {
  /** Off-chip memory. @default 'ddr' */
  readonly dram?: Dram;
  /** Size of the global buffer behind `sramLargeAccess`, in KB. @default 128 */
  readonly globalBufferKb?: number;
}

const printed = 'ledger 1.5, energy table of 003 (45 nm, 0.9 V, 32 bit)';

const dramByte: Record<Dram, { pj: number; source: string }> = {
  ddr: { pj: 160, source: `${printed}: 640 pJ per 32 bit` },
  lpddr4: { pj: 64, source: 'Accelergy CACTI plug-in: 8 pJ/bit' },
  hbm2: { pj: 31.2, source: 'Accelergy CACTI plug-in: 3.9 pJ/bit' },
};

/**
 * Energy of one 32-bit access to an SRAM of some size: 5 pJ * sqrt(KB / 8), which fits the published 8, 32 KB and 1 MB points within 13 %.
 *
 * @param kb size in KB, above 0.
 * @example
 * ```ts
 * sramAccessPj(32); // 10
 * ```
 */
export function sramAccessPj(kb: number): number {
  if (!(kb > 0)) throw new SparsityError({ what: 'size of the SRAM in KB', got: kb, expected: 'above 0', fix: 'pass 128' });
  return 5 * Math.sqrt(kb / 8);
}

/**
 * The 45 nm energy table of 003, with the off-chip memory and the size of the global buffer to choose. What 003 does not print has its
 * own source; only ratios between designs priced by one table mean something. Its name tells what is not as by default: `45nm-hbm2-512KB`.
 *
 * @throws SparsityError when the size of the buffer is not above 0, or the memory or an option is unknown.
 * @example
 * ```ts
 * energy45nm({dram: 'lpddr4'}).actions.dramByte.pj; // 64
 * ```
 */
export function energy45nm(options: EnergyOptions = {}): EnergyTable {
  checkOptionNames('energy45nm', options, { dram: true, globalBufferKb: true });
  const { dram = 'ddr', globalBufferKb = 128 } = options;
  if (!Object.hasOwn(dramByte, dram)) {
    const names = Object.keys(dramByte);
    throw new SparsityError({ what: 'off-chip memory', got: dram, expected: names.join(', '), fix: nearest(dram, names) });
  }
  const prices: Record<ActionName, EnergyTable['actions'][string]> = {
    multiplyFp32: { pj: 3.7, component: 'compute', source: printed },
    addFp32: { pj: 0.9, component: 'compute', source: printed },
    multiplyFp16: { pj: 1.1, component: 'compute', source: 'Horowitz, 45 nm: FP16 multiplication (ledger 1.5)' },
    registerAccess: { pj: 1, component: 'register', source: `${printed}: register file` },
    sramSmallAccess: {
      pj: sramAccessPj(8),
      component: 'sram',
      source: `${printed}: sram_small, half of a 64-bit access to 8 KB`,
    },
    sramLargeAccess: {
      pj: sramAccessPj(globalBufferKb),
      component: 'sram',
      source: `sram_small * sqrt(KB / 8) at ${globalBufferKb} KB: fit to the published 8 KB, 32 KB and 1 MB`,
    },
    dramByte: { ...dramByte[dram], component: 'dram' },
    nocHop: { pj: 2, component: 'interconnect', source: 'twice a register access: the register to network ratio of Eyeriss' },
    indexOp: { pj: 0.1, component: 'control', source: `${printed}: integer addition` },
    zeroDetect: { pj: 0.1, component: 'control', source: 'assumed: at most an integer addition' },
    switchConfig: { pj: 1, component: 'interconnect', source: 'assumed: one configuration word written, a register access' },
    leakUnitCycle: {
      pj: 0.0823,
      component: 'leakage',
      source: 'Accelergy Aladdin table: leakage of a 32-bit multiplier and adder over 1 ns',
    },
  };
  const name = `45nm${dram === 'ddr' ? '' : `-${dram}`}${globalBufferKb === 128 ? '' : `-${globalBufferKb}KB`}`;
  return { name, nodeNm: 45, source: printed, actions: prices };
}

/** The energy tables that a spec can name. */
export const energyTables: Readonly<Record<string, EnergyTable>> = {
  '45nm': energy45nm(),
  '45nm-lpddr4': energy45nm({ dram: 'lpddr4' }),
  '45nm-hbm2': energy45nm({ dram: 'hbm2' }),
  '65nm': scaleEnergyTable(energy45nm(), 65),
  '16nm': scaleEnergyTable(energy45nm(), 16),
  '16nm-hbm2': scaleEnergyTable(energy45nm({ dram: 'hbm2' }), 16),
};
