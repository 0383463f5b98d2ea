import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import type { OperandThinning } from '../pruning/contracts.js';

/** What thinned operands of one use of a kernel held, from the moment at which their product was computed. */
export type ThinnedValues = { -readonly [operand in keyof OperandThinning]: Float32Array };

/** The operands of the gradient products, made when they are asked for: not every product is computed. */
export type GradientOperands = { readonly [operand in keyof Required<OperandThinning>]: () => tf.Tensor };

/**
 * The operands that the gradient products of one use of a kernel multiply with. What is thinned is so once, and kept as numbers: tfjs frees
 * the tensors that were made for the gradient of one input before it asks for that of the next.
 *
 * @param A as the forward pass multiplied with it.
 * @param E as it comes from the layers behind.
 * @param thinned takes the values of what is thinned.
 * @throws SparsityError when what thins gives back another number of values.
 */
export function gradientOperands(
  A: tf.Tensor,
  E: tf.Tensor,
  thinning: OperandThinning,
  thinned: ThinnedValues,
): GradientOperands {
  const operand = (name: keyof OperandThinning, whole: () => tf.Tensor) => () => {
    const thin = thinning[name];
    if (!thin) return whole();
    const { shape } = whole();
    thinned[name] ??= checked(name, thin(whole().dataSync<'float32'>(), shape), tf.util.sizeFromShape(shape));
    return tf.tensor(thinned[name] as Float32Array, shape);
  };
  const errors = operand('E', () => E);
  return { E: errors, backwardE: operand('backwardE', errors), gradientA: operand('gradientA', () => A) };
}

function checked(name: string, values: Float32Array, size: number): Float32Array {
  if (values.length === size) return values;
  const fix = 'give back one value for each that came, in their order';
  throw new SparsityError({ what: `values of a thinned ${name}`, got: values.length, expected: `${size}`, fix });
}
