import type { LineWork } from './line-work.js';

/** What a PE has to do. */
export interface PeLoad {
  products: number;
  rowPairs: number;
  pairBatches: number;
}

/**
 * The load of each PE of a partition that holds the lines first .. end - 1: the units of the partition, kernel by kernel, are cut into
 * `pes` runs of equal length (within one unit), so that a PE holds neighbouring kernels and only the kernels at the cuts are shared.
 */
export function shareUnits(work: LineWork, first: number, end: number, pes: number): PeLoad[] {
  const lines = end - first;
  const units = work.kernels * lines;
  return Array.from({ length: pes }, (_, pe) => {
    const load = { products: 0, rowPairs: 0, pairBatches: 0 };
    const from = Math.floor((units * pe) / pes);
    const to = Math.floor((units * (pe + 1)) / pes);
    if (from === to) return load;
    for (let kernel = Math.floor(from / lines); kernel * lines < to; kernel++) {
      const begin = Math.max(from - kernel * lines, 0);
      const stop = Math.min(to - kernel * lines, lines);
      addLines(work, kernel, first + begin, first + stop, load);
    }
    return load;
  });
}

/** Adds the lines at positions from .. to - 1 of one kernel. */
function addLines(work: LineWork, kernel: number, from: number, to: number, load: PeLoad): void {
  const { images, copies, rows } = work;
  const firstUnit = kernel * rows * images;
  for (let line = Math.floor(from / copies); line * copies < to; line++) {
    const times = Math.min(to, (line + 1) * copies) - Math.max(from, line * copies);
    load.products += times * work.products[firstUnit + line];
    load.rowPairs += times * work.rowPairs[firstUnit + line];
    load.pairBatches += times * work.pairBatches[firstUnit + line];
  }
}
