import { checkAmount, checkChoice, checkInteger } from '../check.js';
import { checkFraction } from './check-fraction.js';

/** Options of {@link dropFraction}. */
export interface DropFractionOptions {
  /**
   * Fraction at step 0, in [0, 1].
   * @default 0.3
   */
  readonly initial?: number;
  /**
   * How it falls with progress p = step / endStep. `cosine`: `(1 + cos(pi p)) / 2`, `linear`: `1 - p`, `inverse-power`: `(1 - p)^power`,
   * each times the initial fraction; `constant`: not at all up to `endStep`.
   * @default 'cosine'
   */
  readonly anneal?: 'cosine' | 'linear' | 'inverse-power' | 'constant';
  /** Step from which nothing is dropped, at least 1. */
  readonly endStep: number;
  /**
   * Exponent of `inverse-power`, above 0.
   * @default 3
   */
  readonly power?: number;
}

const curves: Readonly<Record<NonNullable<DropFractionOptions['anneal']>, (progress: number, power: number) => number>> = {
  cosine: (progress) => (1 + Math.cos(Math.PI * progress)) / 2,
  linear: (progress) => 1 - progress,
  'inverse-power': (progress, power) => (1 - progress) ** power,
  constant: () => 1,
};

/**
 * Which fraction of the weights that stay is exchanged at an update, by step: it falls to 0 at `endStep`, so that the topology settles.
 * Evci et al. 2020, RigL (arXiv 1911.11134) anneals by the cosine, Dettmers and Zettlemoyer 2019 (arXiv 1907.04840) linearly too.
 *
 * @throws SparsityError for an initial fraction above 1, an end that is no step, an unknown annealing, a power of 0 or less.
 * @example
 * ```ts
 * dropFraction({initial: 0.3, endStep: 100})(50); // 0.15
 * ```
 */
export function dropFraction({
  initial = 0.3,
  anneal = 'cosine',
  endStep,
  power = 3,
}: DropFractionOptions): (step: number) => number {
  checkFraction('initial', initial);
  checkChoice('anneal', anneal, Object.keys(curves));
  checkInteger('endStep', endStep, 1);
  checkAmount('power', power, true);
  return (step) => (step >= endStep ? 0 : initial * curves[anneal](step / endStep, power));
}
