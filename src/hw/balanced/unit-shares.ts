import type { LineWork } from './line-work.js';

/**
 * The lines of a work in the order in which they are split: row by row, and in a row image by image of the real batch.
 * Position `p` is row floor(p / batch), image p % batch, where images that stand for several come several times.
 */
export interface LineOrder {
  readonly batch: number;
  readonly rows: number;
  /** First copy of each image, and the end. */
  readonly imageStart: readonly number[];
}

/** The order of the lines of a work. */
export function lineOrder({ rows, copies }: LineWork): LineOrder {
  const imageStart = [0];
  for (const count of copies) imageStart.push((imageStart.at(-1) as number) + count);
  return { batch: imageStart.at(-1) as number, rows, imageStart };
}

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
export function shareUnits(work: LineWork, order: LineOrder, first: number, end: number, pes: number): PeLoad[] {
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
      addLines(work, order, kernel, first + begin, first + stop, load);
    }
    return load;
  });
}

/** Adds the lines at positions from .. to - 1 of one kernel. */
function addLines(
  work: LineWork,
  { batch, imageStart }: LineOrder,
  kernel: number,
  from: number,
  to: number,
  load: PeLoad,
): void {
  const images = work.copies.length;
  const firstUnit = kernel * work.rows * images;
  for (let row = Math.floor(from / batch); row * batch < to; row++) {
    const begin = Math.max(from - row * batch, 0);
    const stop = Math.min(to - row * batch, batch);
    for (let image = 0; image < images; image++) {
      const copies = Math.min(stop, imageStart[image + 1]) - Math.max(begin, imageStart[image]);
      if (copies <= 0) continue;
      const unit = firstUnit + row * images + image;
      load.products += copies * work.products[unit];
      load.rowPairs += copies * work.rowPairs[unit];
      load.pairBatches += copies * work.pairBatches[unit];
    }
  }
}
