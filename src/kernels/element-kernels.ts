import type { Pointer, WasmFunction } from './wasm-functions.js';

/** What is done with two numbers; `multiplyStep` multiplies a by 1 where b is above 0 and by 0 where it is not (NaN where it is none). */
export type ElementOperation = 'add' | 'subtract' | 'multiply' | 'divide' | 'multiplyStep';

/** How an operand is read, row by row. */
export interface OperandRows {
  readonly at: Pointer;
  /** Bytes from row to row; 0 where all rows have the same values. */
  readonly rowBytes: number;
  /** Whether it has one value for each row. */
  readonly still: boolean;
}

/** Passes over rows of floats. */
export interface ElementKernels {
  /** out [rows][columns] = a operation b, of which not both stand still; overwrites it. */
  combine(operation: ElementOperation, a: OperandRows, b: OperandRows, out: Pointer, rows: number, columns: number): void;
  /** y [rows][width] = (x - mean) factor + offset; `mean`, `factor` and `offset` have a value for each column; overwrites it. */
  normaliseRows(x: Pointer, mean: Pointer, factor: Pointer, offset: Pointer, rows: number, width: number, y: Pointer): void;
  /** sums [2][width] += for each column the sum of dy [rows][width], and that of dy (x - mean). */
  normaliseSums(x: Pointer, dy: Pointer, mean: Pointer, rows: number, width: number, sums: Pointer): void;
}

/** @param wasm the functions of the module, on the memory of all pointers. */
export function elementKernels(wasm: Readonly<Record<string, WasmFunction>>): ElementKernels {
  const kernels: Readonly<Record<ElementOperation, WasmFunction>> = {
    add: wasm.addElements,
    subtract: wasm.subtractElements,
    multiply: wasm.multiplyElements,
    divide: wasm.divideElements,
    multiplyStep: wasm.multiplyStepElements,
  };
  const numbers = ({ at, rowBytes, still }: OperandRows) => [at, rowBytes, Number(still)] as const;
  return {
    combine: (operation, a, b, out, rows, columns) => kernels[operation](...numbers(a), ...numbers(b), out, rows, columns),
    normaliseRows: wasm.normaliseRows,
    normaliseSums: wasm.normaliseSums,
  };
}
