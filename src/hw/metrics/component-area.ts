/** A component of an accelerator: how many there are, and how large one is. */
export interface ComponentArea {
  readonly component: string;
  readonly count: number;
  readonly areaMm2: number;
  readonly source: string;
}

/** The areas that a kind of accelerator declares. */
export interface DeclaredAreas {
  readonly nodeNm: number;
  /** Whether the memory on chip is among the components. */
  readonly withSram: boolean;
  readonly components: readonly ComponentArea[];
}

const aladdin = 'Accelergy Aladdin table, 40/45 nm';

/** What components at 45 nm are made of, in mm2. */
export const area45nm = {
  multiplyFp32: { areaMm2: 4360e-6, source: aladdin },
  addFp32: { areaMm2: 4360e-6, source: 'assumed: as large as the multiplier' },
  addInt32: { areaMm2: 278e-6, source: aladdin },
  registerBit: { areaMm2: 5.98e-6, source: aladdin },
  sramKb: { areaMm2: 8192 * 2 * 0.374e-6, source: 'assumed: bit cells of 0.374 um2, half of the array' },
} as const;

/** The fused multiply-add of a unit. */
export const macMm2 = area45nm.multiplyFp32.areaMm2 + area45nm.addFp32.areaMm2;

/** A memory on chip. */
export function sramArea(component: string, kb: number, count = 1): ComponentArea {
  return { component, count, areaMm2: kb * area45nm.sramKb.areaMm2, source: area45nm.sramKb.source };
}
