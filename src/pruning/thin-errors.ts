import { SparsityError } from '../errors.js';
import { largestInRows } from '../kernels/index.js';
import { checkKernel } from './patterns/check-kernel.js';
import { checkNm, type NmOptions } from './patterns/nm.js';
import { magnitudes } from './scores/magnitude-score.js';

/**
 * The errors E that the input gradient multiplies with under SDGP: of each `m` consecutive channels the `n` of
 * greatest |E| stay, ties to the lowest index; the weight gradient takes E as it is. McDanel et al. 2022, structured
 * data gradient pruning (SDGP), without its rescaling.
 *
 * @param errors E, row-major, channels last.
 * @param channels Number of channels; the last group is shorter where `m` does not divide it.
 * @returns E with zeros, of the same size.
 * @throws SparsityError for n outside 1 to m, a size that is no multiple of the channels, NaN.
 * @example
 * ```ts
 * thinErrors(Float32Array.of(1, -1, 0.5, 2), 4, {n: 2, m: 4}); // [1, 0, 0, 2]
 * ```
 */
export function thinErrors(errors: Float32Array, channels: number, { n, m }: Pick<NmOptions, 'n' | 'm'>): Float32Array {
  if (!Number.isSafeInteger(channels) || channels < 1 || errors.length % channels !== 0) {
    const expected = `a multiple of the number of channels, ${channels}`;
    throw new SparsityError({ what: 'number of errors', got: errors.length, expected, fix: 'pass E with its channels last' });
  }
  checkNm(n, m);
  const thinned = largestInRows(errors, channels, { n, m });
  // Throws: it says which one is not finite.
  if (!thinned) {
    const shape = [errors.length / channels, channels];
    checkKernel({ name: 'errors', kind: 'dense', shape, inputAxis: 0, outputAxis: 1 }, magnitudes(errors));
  }
  return thinned as Float32Array;
}

/** What the rescaling of SDGP adds to a sum of magnitudes before it divides by it. */
const epsilon = 1e-4;

/**
 * Thinned errors, scaled so that the sums of their magnitudes are those of the errors: by `sum |E| / (sum |thinned E| + 1e-4)`, over the
 * positions of each channel of each image, or over the channels of each row where there are no positions. The `maxnorm` of SDGP's
 * published code.
 *
 * @param errors E before it was thinned.
 * @param thinned E with zeros, of the same size.
 * @param shape of both: [rows, channels], or [batch, height, width, channels].
 * @example
 * ```ts
 * keepNorms(Float32Array.of(1, -1, 0.5, 2), Float32Array.of(1, 0, 0, 2), [1, 4]); // [1.49995, 0, 0, 2.9999]
 * ```
 */
export function keepNorms(errors: Float32Array, thinned: Float32Array, shape: readonly number[]): Float32Array {
  const batch = shape[0];
  const size = errors.length / batch;
  // Sums lie side by side: one for each channel where there are positions, else one for all.
  const sums = shape.length > 2 ? shape[shape.length - 1] : 1;
  const scaled = new Float32Array(errors.length);
  for (let image = 0; image < batch; image++) {
    const [whole, kept] = [new Float64Array(sums), new Float64Array(sums)];
    const [begin, end] = [image * size, (image + 1) * size];
    for (let i = begin; i < end; i++) {
      whole[i % sums] += Math.abs(errors[i]);
      kept[i % sums] += Math.abs(thinned[i]);
    }
    for (let i = begin; i < end; i++) scaled[i] = (thinned[i] * whole[i % sums]) / (kept[i % sums] + epsilon);
  }
  return scaled;
}
