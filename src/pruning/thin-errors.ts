import { SparsityError } from '../errors.js';
import type { KernelInfo } from './contracts.js';
import { type NmOptions, nm } from './patterns/nm.js';

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
  const shape = [errors.length / channels, channels];
  const info: KernelInfo = { name: 'errors', kind: 'dense', shape, inputAxis: 0, outputAxis: 1 };
  const mask = nm({ n, m, axis: 'output' })(errors.map(Math.abs), info, 1 - n / m);
  return errors.map((error, i) => (mask[i] ? error : 0));
}
