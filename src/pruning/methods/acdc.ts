import { uniformAllocation } from '../allocations/uniform-allocation.js';
import { checkGiven, inConfig } from '../config-entry.js';
import type { Pattern, PruningMethod } from '../contracts.js';
import { configOf } from '../described.js';
import { needsOf } from '../needs.js';
import { checkFixedAllocation, checkFixedSparsity } from '../patterns/fixed-sparsity.js';
import { patternCheck } from '../patterns/pattern-check.js';
import { unstructured } from '../patterns/unstructured.js';
import { type CyclicalScheduleOptions, cyclicalSchedule } from '../schedules/cyclical-schedule.js';
import { magnitudeScore } from '../scores/magnitude-score.js';
import { exclusion } from './exclusion.js';
import { maskChooser } from './magnitude-masks.js';
import type { RankingOptions } from './ranking-options.js';

/** Options of {@link acdc}: the phases ({@link CyclicalScheduleOptions}), which weights ({@link RankingOptions}), and these. */
export interface AcdcOptions extends CyclicalScheduleOptions, RankingOptions {
  /**
   * Where weights may stay in a sparse phase.
   * @default unstructured()
   */
  readonly pattern?: Pattern;
}

/**
 * Alternating compressed and decompressed training (AC/DC): in sparse phases the lowest |w| are 0 and get no gradient; in dense phases
 * all weights train, and those that were pruned start from 0. The last phase is sparse. Peste et al. 2021 (arXiv 2106.12379).
 *
 * @throws SparsityError as {@link cyclicalSchedule}, for a sparsity that is not that of an N:M pattern, or an allocation of others.
 * @example
 * ```ts
 * acdc({sparsity: 0.9, endStep: 900, sparseSteps: 100, denseSteps: 100}).schedule(100); // {sparsity: 0, update: true}
 * ```
 */
export function acdc(options: AcdcOptions): PruningMethod {
  checkGiven(acdc, options);
  const {
    pattern = unstructured(),
    score = magnitudeScore(),
    allocation = uniformAllocation(),
    exclude = [],
    ...phases
  } = options;
  const schedule = cyclicalSchedule(phases);
  checkFixedSparsity(pattern, 'sparsity', phases.sparsity, 'say that');
  checkFixedAllocation(pattern, allocation);
  const chooseMasks = maskChooser({ score, pattern, allocation }, false);
  const { name: _, ...cycle } = configOf(schedule);
  return {
    name: 'acdc',
    pruned: 'zero',
    slots: 'zero',
    schedule,
    decay: 0,
    ...needsOf(score),
    config: {
      name: 'acdc',
      ...cycle,
      pattern: configOf(pattern),
      score: configOf(score),
      allocation: configOf(allocation),
      exclude,
    },
    skip: exclusion({ exclude }),
    check: patternCheck(pattern),
    updateMasks: (kernels, { sparsity }) => {
      if (sparsity === 0) return kernels.map(() => ({ forward: null, backward: null, gradient: null }));
      const masks = chooseMasks(kernels, sparsity);
      return masks.map((mask) => ({ forward: mask, backward: mask, gradient: mask }));
    },
  };
}

inConfig(acdc, 'acdc', {
  sparsity: true,
  beginStep: true,
  endStep: true,
  sparseSteps: true,
  denseSteps: true,
  pattern: true,
  score: true,
  allocation: true,
  exclude: true,
});
