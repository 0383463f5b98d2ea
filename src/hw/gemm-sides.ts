import type { GemmWork, Operand } from './contracts.js';

/**
 * The operands of a work by their side in its GEMM: whose elements the rows gather, and whose are the columns. They are input and kernel,
 * but for the weight gradient of a transposed layer, where windows slide over E.
 */
export function gemmSides({ nest, phase, input, kernel }: GemmWork): readonly [rows: Operand, columns: Operand] {
  return nest.transposed && phase === 'weightGradient' ? [kernel, input] : [input, kernel];
}
