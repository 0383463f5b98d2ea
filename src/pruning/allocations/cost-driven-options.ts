import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { checkChoice, checkInteger, checkSparsity } from '../check.js';
import type { CostDrivenLayer } from './layer-levels.js';

/** Options of {@link costDriven}: one of `costReduction` and `sparsity`, and what is tried. */
export interface CostDrivenOptions {
  /** Fraction of the cost that has to go, above 0 and below 1; of the cost with all layers at their least sparsities. */
  readonly costReduction?: number | undefined;
  /** Overall sparsity to end at, above 0 and below 1; met to the weight. */
  readonly sparsity?: number | undefined;
  /**
   * Least and most sparsity of each layer, in [0, 1).
   * @default [0, 0.98]
   */
  readonly range?: readonly [least: number, most: number] | undefined;
  /**
   * Least and most sparsity of layers by name, instead of `range`.
   * @default none
   */
  readonly ranges?: Readonly<Record<string, readonly [least: number, most: number]>> | undefined;
  /**
   * Distance of the sparsities that are tried, 1e-6 to 1; the cost of each is measured where it prunes a weight more.
   * @default 0.02
   */
  readonly step?: number | undefined;
  /**
   * What a saving is held against: `weight`, the number of weights pruned for it; `score`, what they count for, each its score over the
   * mean score of its layer, so that weights that matter less than others go first.
   * @default 'weight'
   */
  readonly per?: 'weight' | 'score' | undefined;
}

/** The options by name. */
export const costDrivenOptionNames = {
  costReduction: true,
  sparsity: true,
  range: true,
  ranges: true,
  step: true,
  per: true,
} as const;

/** Refuses what makes no sense, before anything is measured. */
export function checkCostDriven(layers: readonly CostDrivenLayer[], options: CostDrivenOptions): void {
  checkOptionNames('costDriven', options, costDrivenOptionNames);
  const { costReduction, sparsity, range = [0, 0], ranges = {}, step = 1, per = 'weight' } = options;
  const names = layers.map(({ name }) => name);
  if (names.length === 0 || new Set(names).size < names.length) {
    const got = names.length === 0 ? 'none' : `names ${names.join(', ')}`;
    const fix = 'pass each layer whose sparsity is to be chosen, once';
    throw new SparsityError({ what: 'layers of costDriven', got, expected: 'one at least, all with different names', fix });
  }
  for (const { name, weights } of layers) checkInteger(`weights of layer ${name}`, weights, 1);
  checkTarget(costReduction, sparsity);
  checkRange('range', range);
  for (const [name, own] of Object.entries(ranges)) {
    if (!names.includes(name)) {
      const expected = `names among ${names.join(', ')}`;
      throw new SparsityError({ what: 'ranges by layer', got: name, expected, fix: nearest(name, names) });
    }
    checkRange(`range of ${name}`, own);
  }
  if (!(step >= 1e-6 && step <= 1)) {
    const fix = 'pass 0.02 for 2 %';
    throw new SparsityError({ what: 'step', got: step, expected: 'a fraction of weights from 1e-6 to 1', fix });
  }
  checkChoice('per', per, ['weight', 'score']);
}

function checkTarget(costReduction: number | undefined, sparsity: number | undefined): void {
  if ((costReduction === undefined) === (sparsity === undefined)) {
    const got = sparsity === undefined ? 'neither costReduction nor sparsity' : 'both costReduction and sparsity';
    const fix = 'pass costReduction: 0.5 for half of the cost, or sparsity: 0.9 for a tenth of the weights';
    throw new SparsityError({ what: 'target of costDriven', got, expected: 'one of them', fix });
  }
  const [what, got] = sparsity === undefined ? ['costReduction', costReduction] : ['sparsity', sparsity];
  if (typeof got === 'number' && got > 0 && got < 1) return;
  throw new SparsityError({
    what: `${what} of costDriven`,
    got,
    expected: 'a fraction above 0 and below 1',
    fix: 'write 50 % as 0.5',
  });
}

function checkRange(what: string, range: readonly [number, number]): void {
  const [least, most] = Array.isArray(range) ? range : [];
  checkSparsity(`${what}, the least`, least as number);
  checkSparsity(`${what}, the most`, most as number);
  if (range.length === 2 && range[0] <= range[1]) return;
  throw new SparsityError({ what, got: range, expected: '[least, most]', fix: 'pass [0, 0.98], the lower sparsity first' });
}
