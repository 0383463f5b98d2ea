import { popcount, readBits } from '../bits.js';
import type { BitTensor } from '../contracts.js';
import type { GemmView } from '../gemm-view.js';
import type { NmPattern } from '../parts/formats/nm.js';

/** The groups of a kernel along the reduction: `m` channels of one tap, or what is left of its channels. */
export interface NmKernel {
  readonly columns: number;
  /** Elements of each group. */
  readonly sizes: Uint8Array;
  /** 1 where a column has more than N non-zeros in a group, [group][column]. */
  readonly over: Uint8Array;
  /** Whether any group of more than N elements has no more than N non-zeros. */
  readonly hasCompact: boolean;
}

/** Slots that a run of channels takes in groups of which none is over: N per group, and no more than it has elements. */
export function nmSlots(channels: number, { n, m }: NmPattern): number {
  return Math.floor(channels / m) * n + Math.min(n, channels % m);
}

/** Looks at each group of a GEMM's kernel; a tap has `channels` channels. */
export function nmKernel({ n: columns, k, wordsPerRow, kernelRows }: GemmView, channels: number, { n, m }: NmPattern): NmKernel {
  const rows = kernelRows();
  const perTap = Math.ceil(channels / m);
  const groups = (k / channels) * perTap;
  const sizes = new Uint8Array(groups);
  const over = new Uint8Array(groups * columns);
  let hasCompact = false;
  for (let group = 0; group < groups; group++) {
    const place = (group % perTap) * m;
    const from = Math.floor(group / perTap) * channels + place;
    const size = Math.min(m, channels - place);
    sizes[group] = size;
    if (size <= n) continue;
    for (let column = 0; column < columns; column++) {
      const isOver = popcount(readBits(rows, column * wordsPerRow * 32 + from, size)) > n;
      over[group * columns + column] = Number(isOver);
      hasCompact ||= !isOver;
    }
  }
  return { columns, sizes, over, hasCompact };
}

/** Length of the reduction in each block of `width` columns: a group takes N slots there if no column is over, else all its elements. */
export function slotsOfBlocks({ columns, sizes, over }: NmKernel, n: number, width: number): readonly number[] {
  return Array.from({ length: Math.ceil(columns / width) }, (_, block) => {
    const [first, end] = [block * width, Math.min(columns, (block + 1) * width)];
    return sizes.reduce((sum, size, group) => {
      const isOver = over.subarray(group * columns + first, group * columns + end).includes(1);
      return sum + (isOver ? size : Math.min(n, size));
    }, 0);
  });
}

/** Bits of a kernel whose groups are compact or dense one by one, which a bit for each of them says. */
export function mixedBits({ columns, sizes, over }: NmKernel, n: number, valueBits: number, placeBits: number): number {
  let bits = columns * sizes.length;
  sizes.forEach((size, group) => {
    for (let column = 0; column < columns; column++) {
      const isDense = size <= n || over[group * columns + column] === 1;
      bits += isDense ? size * valueBits : n * (valueBits + placeBits);
    }
  });
  return bits;
}

/** Whether no group of a map, `m` of the `channels` that are reduced together, has more than N non-zeros. */
export function isNmMap({ shape, words }: BitTensor, channels: number, { n, m }: NmPattern): boolean {
  const elements = shape.reduce((size, axis) => size * axis, 1);
  for (let run = 0; run < elements; run += channels) {
    for (let place = 0; place < channels; place += m) {
      if (popcount(readBits(words, run + place, Math.min(m, channels - place))) > n) return false;
    }
  }
  return true;
}
