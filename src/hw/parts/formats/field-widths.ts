import { SparsityError } from '../../../errors.js';
import { checkAmount, checkCount, checkPositive } from '../checks.js';

/** Bits of the fields that a compressed matrix is made of. */
export interface FieldWidths {
  readonly valueBits: number;
  /** A column index (a row index in CSC, a block column in block CSR). 001 has 8: they address 256 columns. */
  readonly indexBits: number;
  /** The count of non-zeros that a row in RP-CSR begins with; 001 has 8. @default indexBits */
  readonly countBits?: number;
  /** Where a row begins, in CSR. @default 32 */
  readonly pointerBits?: number;
  /** Which of its formats a row has, where it has a choice; 001 leaves it out. @default 1 of two formats, 2 of three */
  readonly tagBits?: number;
  /** The zeros before a value, in run-length coding. @default 4 */
  readonly runBits?: number;
}

/** Refuses widths that are no positive integers; a tag may have no bits. */
export function checkWidths(widths: FieldWidths): void {
  checkValueBits(widths);
  checkPositive('indexBits of a compressed matrix', widths.indexBits);
  checkCount('tagBits of a compressed matrix', widths.tagBits ?? 0);
  for (const name of ['countBits', 'pointerBits', 'runBits'] as const) {
    checkPositive(`${name} of a compressed matrix`, widths[name] ?? 1);
  }
}

/** Refuses a width of values that is no positive integer: all that formats without column indices need. */
export function checkValueBits(widths: Pick<FieldWidths, 'valueBits'> | undefined): void {
  checkPositive('valueBits of a compressed matrix', widths?.valueBits as number);
}

/** Refuses more non-zeros than elements, but for what the shares of a batch are off in binary. */
export function checkNonzeros(nonzeros: number, elements: number): void {
  checkAmount('elements of a matrix', elements);
  checkAmount('non-zeros of a matrix', nonzeros);
  if (nonzeros <= elements * (1 + 1e-9)) return;
  throw new SparsityError({
    what: 'non-zeros of a matrix',
    got: nonzeros,
    expected: `at most ${elements}, its elements`,
    fix: 'count them',
  });
}

/** Columns that a column index can tell apart. */
export function addressableColumns({ indexBits }: FieldWidths): number {
  return 2 ** indexBits;
}

/** Refuses rows that are longer than a column index reaches. */
export function checkColumns(cols: number, widths: FieldWidths): void {
  if (cols <= addressableColumns(widths)) return;
  throw new SparsityError({
    what: 'columns of a compressed matrix',
    got: cols,
    expected: `at most ${addressableColumns(widths)}, which ${widths.indexBits}-bit indices address`,
    fix: `take indexBits: ${Math.ceil(Math.log2(cols))}, or cut the rows into pieces`,
  });
}

/** Refuses a matrix whose sides are no counts, or whose number of values is not rows times columns. */
export function checkValues(values: ArrayLike<number>, rows: number, cols: number): void {
  checkCount('rows of a matrix', rows);
  checkCount('columns of a matrix', cols);
  if (values.length === rows * cols) return;
  throw new SparsityError({
    what: `values of a ${rows}x${cols} matrix`,
    got: values.length,
    expected: `${rows * cols} values, row-major`,
    fix: 'pass the zeros as well',
  });
}
