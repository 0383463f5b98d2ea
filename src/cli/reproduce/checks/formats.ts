import { crossoverSparsity, csrBits, printedSizes } from '../../../hw/index.js';
import type { Check } from '../verdict.js';
import { show } from '../verdict.js';

/** Sizes of the compression formats (claims 1 to 3, 9 and 46). */
export const formats = {
  rowThreshold: () => {
    const widths = [8, 100, 200, 500, 4096];
    const each = (of: (cols: number) => number) => Object.fromEntries(widths.map((cols) => [`X=${cols}`, of(cols)]));
    const all = Array.from({ length: 4096 - 8 + 1 }, (_, i) => i + 8);
    const holds = all.every((cols) => Math.abs(firstBitmapCount(cols) - cols * (1 - crossoverSparsity(cols))) < 1 + 1e-9);
    return {
      literal: each(equalSparsity),
      repaired: each((cols) => crossoverSparsity(cols, { indexBits: Math.ceil(Math.log2(cols)) })),
      laws: [{ text: 'for X of 8 to 4096 the smaller format changes within one non-zero of s*', holds }],
      notes: ['repaired: column indices of log2 X bits, as 8 bits reach 256 columns only'],
    };
  },
  fixedThreshold: () => ({
    literal: Object.fromEntries([7, 14, 28, 56, 224, 500].map((cols) => [`X=${cols}`, crossoverSparsity(cols)])),
    notes: ['at X = 7 CSR is never smaller'],
  }),
  matrixSizes: () => {
    const points = [0, 0.5, 0.8, 0.9, 0.95].map((sparsity) => {
      const { csr, bitmap } = relativeSizes(sparsity);
      return `s ${sparsity}: CSR ${csr.toFixed(4)}, bit map ${bitmap.toFixed(4)}`;
    });
    const below = Array.from({ length: 877 }, (_, i) => relativeSizes(i / 1000));
    return {
      literal: { crossing: equalSparsity(500) },
      laws: [
        {
          text: 'the bit map is smaller at every sparsity below the crossing',
          holds: below.every(({ csr, bitmap }) => bitmap < csr),
        },
      ],
      notes: [`sizes over dense ones: ${points.join('; ')}`],
    };
  },
  // Ledger E4, with the indices that the O() form leaves out.
  csrBreakEven: () => {
    const n = 1000;
    const widths = { valueBits: 32, indexBits: 32, pointerBits: 32 };
    const rowStarts = csrBits(0, n, widths);
    const breakEven = 1 - (32 * n * n - rowStarts) / (csrBits(n * n, n, widths) - rowStarts);
    return {
      literal: { 'break-even': breakEven },
      notes: [`n = ${n}; bits: ${csrBits(n * n * 0.1, n, widths)} at 90 %, ${32 * n * n} dense`],
    };
  },
} satisfies Record<string, Check>;

/** Sparsity at which a row takes equal bits by Eqs. 5 and 8, by bisection: the figure is solved for, not taken from Eq. 10. */
function equalSparsity(cols: number): number {
  let [low, high] = [0, 2];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    const { csrBits, bitmapBits } = printedSizes({ cols, rows: 1, sparsity: middle });
    if (bitmapBits < csrBits) low = middle;
    else high = middle;
  }
  return low;
}

/** Least number of non-zeros with which a row's bit map is not larger than its CSR, by bisection: each adds 8 bits to CSR alone. */
function firstBitmapCount(cols: number): number {
  let [low, high] = [0, cols];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { csrBits, bitmapBits } = printedSizes({ cols, rows: 1, sparsity: 1 - middle / cols });
    if (bitmapBits <= csrBits) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Sizes of Fig. 3: a 500 x 500 matrix, over its dense size. */
export function relativeSizes(sparsity: number): { readonly csr: number; readonly bitmap: number } {
  const sizes = printedSizes({ cols: 500, rows: 500, sparsity });
  const dense = 32 * 500 * 500;
  return { csr: sizes.csrBits / dense, bitmap: sizes.bitmapBits / dense };
}

/** What the smaller of the two formats can save against CSR, in per cent, by width of the rows (ledger claim 9). */
export function formatBounds(): string[] {
  const sparsities = [0.5, 0.7, 0.831, 0.95];
  const rows = [500, 56, 28, 7, 3, 1].map((cols) => {
    const gains = sparsities.map((sparsity) => {
      const { csrBits, bitmapBits } = printedSizes({ cols, rows: 1, sparsity });
      return show(100 * (1 - Math.min(csrBits, bitmapBits) / csrBits));
    });
    return `X=${cols}: ${gains.join(', ')}`;
  });
  return [`bound of a format gain against 8-bit CSR at s = ${sparsities.join(', ')}, in %: ${rows.join('; ')}`];
}
