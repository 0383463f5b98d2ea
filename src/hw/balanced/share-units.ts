import type { LineWork } from './line-work.js';

/** What a PE has to do. */
export interface PeLoad {
  products: number;
  rowPairs: number;
  pairBatches: number;
}

/**
 * The load of each PE of a partition that holds the lines at positions first .. end - 1. These PEs share inputs and kernels (001, step 4 of
 * Procedure 2), so any may take any unit: they are dealt in turn, line `l` of the band under kernel `k` to PE (k + l) mod `pes`.
 */
export function shareUnits(work: LineWork, first: number, end: number, pes: number): PeLoad[] {
  const { kernels, rows, images, copies } = work;
  const loads = Array.from({ length: pes }, (): PeLoad => ({ products: 0, rowPairs: 0, pairBatches: 0 }));
  const rounds = { products: 0, rowPairs: 0, pairBatches: 0 }; // of copies that go to all PEs alike
  for (let line = Math.floor(first / copies); line * copies < end; line++) {
    const begin = Math.max(first, line * copies);
    const times = Math.min(end, (line + 1) * copies) - begin;
    const whole = Math.floor(times / pes);
    for (let kernel = 0; kernel < kernels; kernel++) {
      const unit = kernel * rows * images + line;
      if (whole > 0) addUnit(rounds, work, unit, whole);
      const turn = kernel + begin - first;
      for (let rest = times - whole * pes; rest > 0; rest--) addUnit(loads[(turn + rest - 1) % pes], work, unit, 1);
    }
  }
  for (const load of loads) {
    load.products += rounds.products;
    load.rowPairs += rounds.rowPairs;
    load.pairBatches += rounds.pairBatches;
  }
  return loads;
}

function addUnit(load: PeLoad, { products, rowPairs, pairBatches }: LineWork, unit: number, times: number): void {
  load.products += times * products[unit];
  load.rowPairs += times * rowPairs[unit];
  load.pairBatches += times * pairBatches[unit];
}
