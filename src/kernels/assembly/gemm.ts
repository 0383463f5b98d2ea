import { packPanel, tile } from './tile';

/** Rows of B in one panel: 256 x 8 floats = 8 KB, which stays in the first-level cache. */
const PANEL_ROWS: i32 = 256;

/**
 * C [m][n] += A [m][k] B [k][n], rows of C cRow bytes apart. A and B may be stored either way: element (i, p) of A lies at
 * a + i * aRow + p * aColumn; `bTransposed` says that B is stored [n][k], rows bRow bytes apart either way. `scratch`: 8 KB.
 */
export function gemm(
  m: i32, n: i32, k: i32,
  a: usize, aRow: usize, aColumn: usize,
  b: usize, bRow: usize, bTransposed: bool,
  c: usize, cRow: usize,
  scratch: usize,
): void {
  const bAlongK: usize = bTransposed ? 4 : bRow;
  const bAlongN: usize = bTransposed ? bRow : 4;
  for (let k0 = 0; k0 < k; k0 += PANEL_ROWS) {
    const depth = min(PANEL_ROWS, k - k0);
    const aBlock = a + <usize>k0 * aColumn;
    for (let j = 0; j < n; j += 8) {
      const width = min(8, n - j);
      packPanel(b + <usize>k0 * bAlongK + <usize>j * bAlongN, bRow, bTransposed, depth, width, scratch);
      for (let i = 0; i < m; i += 4) {
        tile(aBlock + <usize>i * aRow, aRow, aColumn, 0, scratch, 32, 0, 1, depth, c + <usize>i * cRow + 4 * j, cRow, min(4, m - i), width);
      }
    }
  }
}
