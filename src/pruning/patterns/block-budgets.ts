import { checkOptionNames } from '../../check-options.js';
import { SparsityError } from '../../errors.js';
import { highestInRuns } from '../../kernels/index.js';
import { checkChoice, checkInteger } from '../check.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { KernelInfo, Pattern } from '../contracts.js';
import { described } from '../described.js';
import { keptCount } from '../kept-count.js';
import { apportion } from './apportion.js';
import { checkKernel } from './check-kernel.js';
import { checkAxis, type GroupAxis, outputRows, type Runs, runCount, runsAlong } from './runs.js';

/**
 * The blocks that an accelerator balances. `nm`: groups of `m` consecutive weights along `axis` (default `input`). `row`: the reduction
 * vector of one output, a row of the weight matrix. `lanes`: 1 x `width` weights along `axis` (default `input`), those that the
 * multipliers of one processing element take in one cycle.
 */
export type Block =
  | { readonly kind: 'nm'; readonly m: number; readonly axis?: GroupAxis }
  | { readonly kind: 'row' }
  | { readonly kind: 'lanes'; readonly width: number; readonly axis?: GroupAxis };

/** Options of {@link blockBudgets}. */
export interface BlockBudgetsOptions {
  /** The blocks that get a budget each. */
  readonly block: Block;
  /**
   * `balanced`: blocks of one size get the same budget, to within one weight; the odd weights go to the blocks of greatest mass.
   * `mass`: budgets in proportion to the sum of the block's scores, by largest remainder.
   * @default 'balanced'
   */
  readonly budgets?: 'balanced' | 'mass';
}

/**
 * The hardware-aware pattern: every block has a budget, the budgets sum to exactly {@link keptCount}, and a weight stays when its rank
 * within its block is within the budget; ties go to the lowest index. The last block of an axis may be smaller: a balanced budget is
 * then in proportion. Weights scored -Infinity are never chosen, and no budget is given for them. Ledger E7, steps 1 to 4.
 *
 * @throws SparsityError for an unknown block, a width that is no integer of at least 1, an axis the kernel lacks, scores that do not
 * fit the shape or are NaN, a sparsity outside [0, 1).
 * @example
 * ```ts
 * const info = {name: 'fc', kind: 'dense', shape: [4, 1], inputAxis: 0, outputAxis: 1} as const;
 * const pattern = blockBudgets({block: {kind: 'lanes', width: 2}});
 * pattern(Float32Array.of(9, 8, 1, 2), info, 0.5); // [1, 0, 0, 1]: unstructured keeps [1, 1, 0, 0]
 * ```
 */
export function blockBudgets(options: BlockBudgetsOptions): Pattern {
  checkGiven(blockBudgets, options);
  const { block, budgets = 'balanced' } = options;
  checkBlock(block);
  checkChoice('budgets', budgets, ['balanced', 'mass']);
  return described({ name: 'block-budgets', block, budgets }, (scores, info, sparsity) => {
    checkKernel(info, scores);
    const runs = blockRuns(block, info);
    const { sizes, caps, masses } = weighed(scores, runs);
    const claims =
      budgets === 'balanced' ? { shares: sizes, caps, priority: Float32Array.from(masses) } : { shares: masses, caps };
    return highestInRuns(scores, runs, apportion(keptCount(scores.length, sparsity), claims));
  });
}

inConfig(blockBudgets, 'block-budgets', { block: true, budgets: true });

/** Of each block its size, how many of its weights may stay, and the sum of their scores; walked in the order of memory. */
function weighed(scores: Float32Array, runs: Runs) {
  const { outer, length, inner, width } = runs;
  const caps = new Uint32Array(runCount(runs));
  const sizes = new Float64Array(caps.length);
  const masses = new Float64Array(caps.length);
  let [first, at] = [0, 0];
  for (let o = 0; o < outer; o++) {
    for (let start = 0; start < length; start += width, first += inner) {
      const size = Math.min(width, length - start);
      sizes.fill(size, first, first + inner);
      for (let k = 0; k < size; k++) {
        for (let run = first; run < first + inner; run++, at++) {
          const score = scores[at];
          if (score === Number.NEGATIVE_INFINITY) continue;
          caps[run]++;
          if (score > 0) masses[run] += score;
        }
      }
    }
  }
  return { sizes, caps, masses };
}

/** The blocks of a kernel. */
export function blockRuns(block: Block, info: KernelInfo): Runs {
  if (block.kind === 'row') return outputRows(info);
  return runsAlong(info, block.axis ?? 'input', block.kind === 'nm' ? block.m : block.width);
}

/** Refuses a block that is none. */
export function checkBlock(block: Block): void {
  if (typeof block !== 'object' || block === null) {
    const fix = 'write {kind: row}, {kind: nm, m: 8} or {kind: lanes, width: 16}';
    throw new SparsityError({ what: 'block', got: block, expected: 'an object with a kind', fix });
  }
  checkChoice('block.kind', block.kind, ['nm', 'row', 'lanes']);
  if (block.kind === 'row') {
    checkOptionNames('block', block, { kind: true });
  } else if (block.kind === 'nm') {
    checkOptionNames('block', block, { kind: true, m: true, axis: true });
    checkInteger('block.m', block.m, 1);
  } else {
    checkOptionNames('block', block, { kind: true, width: true, axis: true });
    checkInteger('block.width', block.width, 1);
  }
  if (block.kind !== 'row') checkAxis(block.axis ?? 'input', undefined, 'block.axis');
}
