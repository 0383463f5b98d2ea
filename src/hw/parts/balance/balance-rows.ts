import { checkOptionNames } from '../../../check-options.js';
import { SparsityError } from '../../../errors.js';
import { checkChoice, checkWork } from '../checks.js';
import { type Bounds, evenSplit, type Parts, sharesOf } from './contiguous-split.js';

/** What the rows of an input cost: estimated non-zero multiplications, and all multiplications. */
export interface RowWork {
  readonly work: ArrayLike<number>;
  readonly dense: ArrayLike<number>;
}

/** Options of {@link balanceRows}. */
export interface BalanceRowsOptions {
  /**
   * `literal`: the box of 001. It compares densities of non-zero multiplications, work / dense, with an absolute tolerance, and moves a row
   * across every border. `repaired` (ledger 1.2.5): it compares work, relative to the mean and to what the partitions can do, and moves
   * a row across the borders that are out of tolerance only, and only where the row is worth less than the difference: more would turn
   * it round, pass after pass.
   *
   * @default 'repaired'
   */
  readonly variant?: 'literal' | 'repaired';
  /** Difference of neighbours that is left alone, at least 0. @default 0.1 */
  readonly tolerance?: number;
}

/** A split by Procedure 1. */
export interface BalancedRows {
  readonly bounds: Bounds;
  /** Passes over the borders in which rows moved. */
  readonly iterations: number;
  /** Rows moved across a border, in all passes. */
  readonly moves: number;
  /** Whether all neighbours are within tolerance; if not, a split came again, or the passes came to an end. */
  readonly converged: boolean;
}

/**
 * Procedure 1 of 001, coarse-grain balancing: from an even split, rows move one by one across the borders of neighbouring
 * partitions, from the one that has more, until all neighbours are within tolerance. No partition gives its last row away. The
 * loop ends when a split comes again, or after 4 passes per row; `literal` keeps the last split, `repaired` the one with the
 * smallest largest partition.
 *
 * @param rows rows in their order, as `estimateWork` gives them.
 * @param partitions parts to split them into, or the units of each: it has its share of the rows at first, and its work counts by the
 * unit.
 * @throws SparsityError when a work or the tolerance is not a number of at least 0, the two lists are not of one length, or for
 * partitions as `evenSplit`.
 * @example
 * ```ts
 * balanceRows({work: [9, 1, 1, 1], dense: [9, 9, 9, 9]}, 2).bounds; // [0, 1, 4]
 * ```
 */
export function balanceRows(rows: RowWork, partitions: Parts, options: BalanceRowsOptions = {}): BalancedRows {
  checkOptionNames('balanceRows', options, { variant: true, tolerance: true });
  const { variant = 'repaired', tolerance = 0.1 } = options;
  checkChoice('variant of balanceRows', variant, ['literal', 'repaired']);
  if (!(typeof tolerance === 'number' && tolerance >= 0)) {
    const fix = 'pass 0.1 for a tenth';
    throw new SparsityError({ what: 'tolerance of balanceRows', got: tolerance, expected: 'a number of at least 0', fix });
  }
  checkRows(rows);
  const literal = variant === 'literal';
  const [work, dense] = [prefixSums(rows.work), prefixSums(rows.dense)];
  const count = rows.work.length;
  const shares = sharesOf(partitions);
  const allowed = literal ? tolerance : (tolerance * work[count]) / shares.reduce((sum, share) => sum + share, 0);
  const loadsOf = (bounds: Bounds) =>
    shares.map((share, i) => {
      const [sum, all] = [work, dense].map((sums) => sums[bounds[i + 1]] - sums[bounds[i]]);
      return literal ? sum / (all || 1) : sum / share;
    });

  let bounds = evenSplit(count, shares);
  let best = { bounds, bottleneck: Infinity };
  let moves = 0;
  const seen = new Set<string>();
  for (let iterations = 0; ; iterations++) {
    const loads = loadsOf(bounds);
    const bottleneck = Math.max(...loads);
    if (bottleneck <= best.bottleneck) best = { bounds, bottleneck };
    const outside = loads.slice(1).map((load, i) => Math.abs(load - loads[i]) > allowed);
    const within = !outside.includes(true);
    if (within || seen.has(bounds.join()) || iterations === 4 * count) {
      const chosen = literal ? bounds : best.bounds;
      return { bounds: chosen, iterations, moves, converged: within && chosen === bounds };
    }
    seen.add(bounds.join());
    const next = [...bounds];
    for (let i = 0; i + 1 < shares.length; i++) {
      const down = loads[i] > loads[i + 1]; // i gives its last row, or i + 1 its first
      const giver = down ? i : i + 1;
      const row = next[i + 1] - Number(down);
      if (next[giver + 1] - next[giver] <= 1) continue;
      const worth = (rows.work[row] * (1 / shares[i] + 1 / shares[i + 1])) / 2; // by the unit, as loads are
      if (!literal && (!outside[i] || worth >= Math.abs(loads[i] - loads[i + 1]))) continue;
      next[i + 1] += down ? -1 : 1;
      moves++;
    }
    bounds = next;
  }
}

function prefixSums(values: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i++) sums[i + 1] = sums[i] + values[i];
  return sums;
}

function checkRows({ work, dense }: RowWork): void {
  checkWork(work);
  checkWork(dense);
  if (work.length === dense.length) return;
  throw new SparsityError({
    what: 'rows with a number of all multiplications',
    got: dense.length,
    expected: `${work.length}, as many as rows with work`,
    fix: 'pass both lists of one estimate',
  });
}
