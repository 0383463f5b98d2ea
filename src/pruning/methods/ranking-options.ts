import type { NamesOf } from '../config-entry.js';
import type { Allocation, Score } from '../contracts.js';
import { type ScheduleChoice, scheduleChoiceOptions } from '../schedules/schedule-choice.js';
import type { ExclusionOptions } from './exclusion.js';

/** How a magnitude method ranks weights and spreads sparsity over layers. */
export interface RankingOptions extends ExclusionOptions {
  /**
   * Which weights are worth more.
   * @default magnitudeScore()
   */
  readonly score?: Score;
  /**
   * How the sparsity is spread over the layers.
   * @default uniformAllocation()
   */
  readonly allocation?: Allocation;
}

/** The names of the options that magnitude methods share. */
export const magnitudeOptions = {
  ...scheduleChoiceOptions,
  score: true,
  allocation: true,
  exclude: true,
} satisfies NamesOf<ScheduleChoice & RankingOptions>;
