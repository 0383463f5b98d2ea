import { SparsityError } from '../../errors.js';
import { checkChoice } from '../check.js';
import { decimalNoise, keptCount } from '../kept-count.js';
import { topScores } from '../patterns/top-scores.js';
import { sparsityOf } from '../sparsity-of.js';
import { checkFraction } from './check-fraction.js';

/** Options of {@link dropAndGrow}. */
export interface DropAndGrowOptions {
  /** Mask in force, 1 keeps. */
  readonly mask: Uint8Array;
  /** One for each weight; of those that are kept the lowest are dropped. SET and RigL take |w|. */
  readonly dropScores: Float32Array;
  /** One for each weight; of those that are not kept the highest are grown. RigL takes |G|, SET random numbers. */
  readonly growScores: Float32Array;
  /** Fraction of the kept weights that is dropped, in [0, 1]. */
  readonly dropFraction: number;
  /**
   * `default`: the count of dropped weights is rounded down, as RigL has it, of the fraction as it is written in decimals: 0.29 of 100 are
   * 29. `jaxpruner`: the counts of weights that stay and of those that are left after growing are {@link keptCount} of their sparsities, so
   * that one stays at least.
   * @default 'default'
   */
  readonly profile?: 'default' | 'jaxpruner';
}

/** What {@link dropAndGrow} returns: three masks of the kernel's size. */
export interface DropAndGrowResult {
  /** The weights that were not dropped. */
  readonly kept: Uint8Array;
  /** The weights that were grown, dropped ones that came back at once among them. */
  readonly grown: Uint8Array;
  /** Both together: the new mask. */
  readonly mask: Uint8Array;
}

/**
 * One exchange of weights at the same sparsity: the lowest of the kept go, as many of the others come. Ties go to the lowest index. A
 * weight that was dropped may come back in the same exchange. Mocanu et al. 2018, SET (arXiv 1707.04780); Evci et al. 2020, RigL (arXiv
 * 1911.11134).
 *
 * @throws SparsityError for scores that do not fit the mask or are NaN, a fraction outside [0, 1], an unknown profile.
 * @example
 * ```ts
 * const mask = Uint8Array.of(1, 1, 0, 0);
 * const scores = {dropScores: Float32Array.of(5, 1, 0, 0), growScores: Float32Array.of(0, 0, 2, 3)};
 * dropAndGrow({mask, ...scores, dropFraction: 0.5}).mask; // [1, 0, 0, 1]
 * ```
 */
export function dropAndGrow(options: DropAndGrowOptions): DropAndGrowResult {
  const { mask, dropScores, growScores, dropFraction, profile = 'default' } = options;
  checkScores('dropScores', dropScores, mask.length);
  checkScores('growScores', growScores, mask.length);
  checkFraction('dropFraction', dropFraction);
  checkExchangeProfile(profile);
  const { stay, active } = counts(mask, dropFraction, profile);
  const kept = topScores(
    dropScores.map((score, i) => (mask[i] === 1 ? score : Number.NEGATIVE_INFINITY)),
    stay,
  );
  const grown = topScores(
    growScores.map((score, i) => (kept[i] === 1 ? Number.NEGATIVE_INFINITY : score)),
    active - stay,
  );
  return { kept, grown, mask: kept.map((bit, i) => bit | grown[i]) };
}

/** Refuses a profile that exchanges do not have. */
export function checkExchangeProfile(profile: NonNullable<DropAndGrowOptions['profile']>): void {
  checkChoice('profile', profile, ['default', 'jaxpruner']);
}

/** How many stay, and how many are active once as many have grown. */
function counts(mask: Uint8Array, dropFraction: number, profile: 'default' | 'jaxpruner'): { stay: number; active: number } {
  const ones = mask.reduce((sum, bit) => sum + bit, 0);
  if (profile === 'default' || ones === 0) {
    return { stay: ones - Math.floor(ones * dropFraction + ones * decimalNoise), active: ones };
  }
  const sparsity = sparsityOf(mask);
  const dropped = 1 - (1 - sparsity) * (1 - dropFraction);
  return {
    stay: dropped < 1 ? keptCount(mask.length, dropped, 'jaxpruner') : 1,
    active: keptCount(mask.length, sparsity, 'jaxpruner'),
  };
}

function checkScores(what: string, scores: Float32Array, size: number): void {
  if (scores.length !== size) {
    const expected = `${size}, one for each weight of the mask`;
    throw new SparsityError({ what: `number of ${what}`, got: scores.length, expected, fix: 'score every weight' });
  }
  const bad = scores.findIndex((score) => !Number.isFinite(score));
  if (bad < 0) return;
  const fix = 'look for NaN and Infinity among the weights and gradients';
  throw new SparsityError({ what: `${what}[${bad}]`, got: scores[bad], expected: 'a finite number', fix });
}
