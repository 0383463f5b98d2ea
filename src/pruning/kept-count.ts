import { checkChoice, checkSparsity } from './check.js';

/** Whose count of kept weights holds, see {@link keptCount}. */
export type CountProfile = 'default' | 'tfmot' | 'jaxpruner' | 'rigl' | 'sparseml' | 'torch' | 'pat';

/**
 * How many of `size` weights stay at a sparsity: `max(1, round(size * (1 - sparsity)))`, halves to the even neighbour. At least
 * one stays, since a kernel of zeros passes no signal and no gradient, but for `torch` and `pat`. The profiles differ where a half is near:
 *
 * - `default`: the sparsity is meant as it is written in decimals, so 0.9 of 15 weights leave 1.5, which is rounded to 2.
 * - `tfmot`, `jaxpruner`: each operation in float32, as these libraries run it: 0.97 of 50 leave a little less than 1.5, so 1.
 * - `rigl`, `sparseml`: `size - floor(size * sparsity)`.
 * - `torch`: `size - round(size * sparsity)`, halves to the even neighbour, as `torch.nn.utils.prune`: none of 4 at 0.99.
 * - `pat`: `size - ceil(size * sparsity)`, as the pruning optimizer of torchao: none of 5 at 0.9.
 *
 * @throws SparsityError when the sparsity is outside [0, 1), for an unknown profile.
 * @example
 * ```ts
 * keptCount(5, 0.5); // 2: 2.5 is rounded to the even neighbour
 * ```
 */
export function keptCount(size: number, sparsity: number, profile: CountProfile = 'default'): number {
  checkSparsity('sparsity', sparsity);
  checkChoice('profile', profile, countProfiles);
  const least = profile === 'torch' || profile === 'pat' ? 0 : 1;
  return Math.min(size, Math.max(least, counts[profile](size, sparsity)));
}

const counts: Readonly<Record<CountProfile, (size: number, sparsity: number) => number>> = {
  default: (size, sparsity) => roundHalfEven(size * (1 - sparsity), size * decimalNoise),
  tfmot: inFloat32,
  jaxpruner: inFloat32,
  rigl: roundedDown,
  sparseml: roundedDown,
  torch: (size, sparsity) => size - roundHalfEven(size * sparsity),
  pat: (size, sparsity) => size - Math.ceil(size * sparsity),
};

/** The names of the profiles. */
export const countProfiles = Object.keys(counts) as readonly CountProfile[];

/** How far a fraction may lie from the decimal that it stands for: 1 - 0.9 is not 0.1, and a schedule adds a few such errors. */
export const decimalNoise = 1e-12;

function inFloat32(size: number, sparsity: number): number {
  return roundHalfEven(Math.fround(Math.fround(size) * Math.fround(1 - Math.fround(sparsity))));
}

function roundedDown(size: number, sparsity: number): number {
  return size - Math.floor(size * sparsity);
}

/**
 * The nearest integer; a half, to within `noise`, goes to the even neighbour, as numpy, tf.round and IEEE 754 have it (Math.round does
 * not).
 */
function roundHalfEven(value: number, noise = 0): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (Math.abs(rest - 0.5) <= noise) return floor + (floor % 2);
  return rest > 0.5 ? floor + 1 : floor;
}
