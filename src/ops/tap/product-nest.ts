import { sizeOf } from '../../hw/bits.js';
import { convNest, type LoopNest } from '../../hw/index.js';
import type { OpAttrs } from './tape.js';

/**
 * The loop nest of a product of two activations, [...batch, m, k] by [...batch, k, n]: a group for each matrix of an image.
 *
 * @param images of the pass; where they do not divide the matrices, all of these are groups of one.
 */
export function productNest(
  [x, z]: readonly { readonly shape: readonly number[] }[],
  { transposeA, transposeB }: OpAttrs,
  images: number,
): LoopNest {
  const sizes = (t: { readonly shape: readonly number[] } | undefined, transposed: boolean): [number, number, number] => {
    const shape = t?.shape ?? [];
    const [rows, columns] = shape.slice(-2) as [number, number];
    const matrices = sizeOf(shape.slice(0, -2));
    return transposed ? [matrices, columns, rows] : [matrices, rows, columns];
  };
  const [left, m, k] = sizes(x, transposeA === true);
  const [right, , n] = sizes(z, transposeB === true);
  const matrices = Math.max(left, right);
  const batch = matrices % images === 0 ? images : 1;
  const groups = matrices / batch;
  return convNest({ batch, inSize: [m], inChannels: groups * k, outChannels: groups * n, kernelSize: [1], groups });
}
