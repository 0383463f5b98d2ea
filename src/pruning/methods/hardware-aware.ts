import { checkGiven, inConfig } from '../config-entry.js';
import type { PruningMethod } from '../contracts.js';
import { type Block, type BlockBudgetsOptions, blockBudgets } from '../patterns/block-budgets.js';
import { type RegulariserOptions, regularised } from '../regularisers/regulariser-choice.js';
import { type ScheduleChoice, settledSparsity } from '../schedules/schedule-choice.js';
import { gradualMagnitude } from './gradual-magnitude.js';
import { magnitudeOptions, type RankingOptions } from './ranking-options.js';

/** Options of {@link hardwareAware}: when ({@link ScheduleChoice}), which weights ({@link RankingOptions}), and these. */
export type HardwareAwareOptions = ScheduleChoice &
  RankingOptions & {
    /**
     * The blocks whose non-zeros are budgeted.
     * @default {kind: 'row'}
     */
    readonly block?: Block;
    /**
     * See {@link BlockBudgetsOptions.budgets}.
     * @default 'balanced'
     */
    readonly budgets?: NonNullable<BlockBudgetsOptions['budgets']>;
    /**
     * Draws the blocks to their final budgets (ledger E8), as long as the schedule is below the sparsity that it settles at; a dense
     * phase before the ramp or the shot is among these steps, and prepares it. It reads and writes every kernel at every step.
     * @default none
     */
    readonly regulariser?: RegulariserOptions;
  };

/**
 * Hardware-aware pruning of ACF: gradual magnitude pruning in which every block of the target accelerator has a budget of non-zeros,
 * at exactly the same sparsity (see {@link blockBudgets}). Ledger E2, E6 to E9.
 *
 * @throws SparsityError for options out of range, see {@link blockBudgets}, {@link gradualMagnitude} and {@link RegulariserOptions}.
 * @example
 * ```ts
 * hardwareAware({finalSparsity: 0.9, endStep: 2000, block: {kind: 'lanes', width: 16}}).name; // 'hardware-aware'
 * ```
 */
export function hardwareAware(options: HardwareAwareOptions): PruningMethod {
  checkGiven(hardwareAware, options);
  const { block = { kind: 'row' }, budgets = 'balanced', regulariser, ...rest } = options;
  const gradual = gradualMagnitude({ ...rest, pattern: blockBudgets({ block, budgets }) });
  const { pattern: _, regrow: __, ...config } = gradual.config;
  const method = { ...gradual, name: 'hardware-aware', config: { ...config, name: 'hardware-aware', block, budgets } };
  return regulariser === undefined ? method : regularised(method, regulariser, block, settledSparsity(method.schedule));
}

inConfig(hardwareAware, 'hardware-aware', { ...magnitudeOptions, block: true, budgets: true, regulariser: true });
