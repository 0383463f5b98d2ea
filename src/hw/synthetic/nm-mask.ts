import { SparsityError } from '../../errors.js';
import type { Rng } from '../../rng.js';
import { onesBits, sizeOf, wordsFor } from '../bits.js';
import type { BitTensor } from '../contracts.js';

/** Options of {@link nmMask}. */
export interface NmMaskOptions {
  /** N: elements of each group that stay, 1 to `m`. */
  readonly n: number;
  /** M: consecutive elements of a group, at least 1; the last group of an axis may be shorter and keeps min(n, its size). */
  readonly m: number;
  /** Axis along which groups lie; negative numbers count from the end. */
  readonly axis: number;
}

/**
 * A synthetic N:M mask: of each group of `m` elements along an axis `n` stay, whose places are drawn alike.
 *
 * @throws SparsityError for n outside 1 to m, or an axis that the shape lacks.
 * @example
 * ```ts
 * countBits(nmMask([16, 4], {n: 2, m: 8, axis: 0}, createRng(7))); // 16: two of eight
 * ```
 */
export function nmMask(shape: readonly number[], options: NmMaskOptions, rng: Rng): BitTensor {
  checkNm(options);
  return thinToNm(onesBits(shape), options, rng);
}

/**
 * Of each group of `m` elements along an axis `n` of the non-zeros stay, drawn alike, or all where there are fewer.
 *
 * @throws SparsityError for an axis that the tensor lacks.
 */
export function thinToNm({ shape, words: given }: BitTensor, { n, m, axis }: NmMaskOptions, rng: Rng): BitTensor {
  const at = axis < 0 ? axis + shape.length : axis;
  const length = shape[at];
  if (length === undefined) {
    const expected = `an integer from ${-shape.length} to ${shape.length - 1}`;
    throw new SparsityError({ what: 'axis', got: axis, expected, fix: 'pass -2 for the inputs of a kernel, -1 for its outputs' });
  }
  const inner = sizeOf(shape.slice(at + 1));
  const words = new Uint32Array(wordsFor(sizeOf(shape)));
  for (let outer = 0; outer < sizeOf(shape.slice(0, at)); outer++) {
    for (let group = 0; group < length; group += m) {
      const size = Math.min(m, length - group);
      for (let i = 0; i < inner; i++) {
        const first = (outer * length + group) * inner + i;
        const end = first + size * inner;
        let left = 0;
        for (let bit = first; bit < end; bit += inner) left += (given[bit >>> 5] >>> (bit & 31)) & 1;
        let missing = Math.min(n, left);
        // Selection sampling: each subset of the group's non-zeros is drawn with equal probability.
        for (let bit = first; missing > 0; bit += inner) {
          if (((given[bit >>> 5] >>> (bit & 31)) & 1) === 0) continue;
          if (rng.uniform() * left-- >= missing) continue;
          words[bit >>> 5] |= 1 << (bit & 31);
          missing--;
        }
      }
    }
  }
  return { shape, words };
}

/**
 * @throws SparsityError unless 1 <= n <= m.
 */
export function checkNm({ n, m }: Pick<NmMaskOptions, 'n' | 'm'>): void {
  if (Number.isInteger(n) && Number.isInteger(m) && n >= 1 && n <= m) return;
  throw new SparsityError({ what: 'n:m', got: `${n}:${m}`, expected: 'integers, 1 <= n <= m', fix: 'pass {n: 2, m: 8}' });
}
