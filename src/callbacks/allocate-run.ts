import { checkOptionNames } from '../check-options.js';
import { costDrivenOptionNames } from '../pruning/allocations/cost-driven-options.js';
import { checkInteger } from '../pruning/check.js';
import { type CostDrivenOptions, type CostDrivenResult, costDriven } from '../pruning/index.js';
import {
  type AllocationCostOptions,
  type AllocationMetric,
  allocationCost,
  allocationCostOptionNames,
} from './allocation-cost.js';
import { allocationTable } from './allocation-table.js';
import type { StepJob } from './cost-engine.js';
import { readRecordedRun } from './recorded-run.js';

/** Options of {@link allocateSteps}: a target and what is tried, the accelerator and what counts. */
export type AllocateOptions = AllocationCostOptions & CostDrivenOptions;

/** Options of {@link allocateRun}. */
export type AllocateRunOptions = AllocateOptions & {
  /**
   * How many of the last recorded steps are run for each set of sparsities, at least 1.
   * @default 1
   */
  readonly lastSteps?: number | undefined;
};

/** Chosen sparsities with how they came about, as plain data. */
export interface AllocationReportData extends CostDrivenResult {
  /** No silicon was measured: all costs come from models. */
  readonly label: 'modelled';
  readonly accelerator: string;
  readonly metric: AllocationMetric;
  readonly phases: 'training' | 'forward';
  readonly per: 'weight' | 'score';
  /** What was asked for: one of the two. */
  readonly target: { readonly costReduction: number } | { readonly sparsity: number };
  /** Recorded steps that costs are means of. */
  readonly steps: number;
  /** Trained layers without a sparsity of their own here, which `map` leaves dense. */
  readonly others: readonly string[];
  /** How weights were masked: by given scores, or in an order drawn from a seed, recorded zeros first. */
  readonly masks: 'scores' | 'drawn';
}

/** Chosen sparsities, and how they came about. */
export interface AllocationReport extends AllocationReportData {
  /** A text of at most 80 columns. */
  toTable(): string;
  toJSON(): AllocationReportData;
}

/**
 * Chooses layer sparsities for an accelerator from the record of a run: {@link allocationCost} of its last steps, by `costDriven` of
 * `tfjs-sparsity/pruning`. Node only; {@link allocateSteps} is not.
 *
 * @param file what `hardwareCost({record: file})` has written.
 * @throws SparsityError when the file is missing, no record or without a whole step, and as the two do.
 * @example
 * ```ts
 * const allocation = await allocateRun('runs/lenet/run.maps', {accelerator: acf(), costReduction: 0.5});
 * console.log(allocation.toTable());
 * const {map, overallSparsity: finalSparsity} = allocation;
 * pruning(gradualMagnitude({finalSparsity, endStep: 2000, allocation: mapAllocation(map)}));
 * ```
 */
export async function allocateRun(file: string, { lastSteps = 1, ...options }: AllocateRunOptions): Promise<AllocationReport> {
  checkInteger('lastSteps', lastSteps, 1);
  const run = await readRecordedRun(file);
  if (run.cutShort) console.warn(run.cutShort);
  return allocateSteps(await lastJobs(run.jobs(), lastSteps), options);
}

/** The last steps of a run, so many at most. */
export async function lastJobs(jobs: Iterable<StepJob> | AsyncIterable<StepJob>, most: number): Promise<readonly StepJob[]> {
  const last: StepJob[] = [];
  for await (const job of jobs) {
    last.push(job);
    if (last.length > most) last.shift();
  }
  return last;
}

/**
 * Chooses layer sparsities for an accelerator from training steps, recorded or synthetic: what {@link allocateRun} does behind its file.
 *
 * @throws SparsityError for an unknown option, and as {@link allocationCost} and `costDriven` do.
 * @example
 * ```ts
 * const records = [...syntheticRecords(network('lenet5', {batch: 1}), {seed: 1, sparsity: {W: 0, A: 0.5}})];
 * const steps = [{step: 0, records, training: {slots: 2, masked: []}}];
 * console.log((await allocateSteps(steps, {accelerator: acf(), sparsity: 0.9})).toTable());
 * ```
 */
export async function allocateSteps(jobs: readonly StepJob[], options: AllocateOptions): Promise<AllocationReport> {
  checkOptionNames('allocateSteps', options, { ...allocationCostOptionNames, ...costDrivenOptionNames });
  const { costReduction, sparsity, range, ranges, step, per, ...costOptions } = options;
  const { layers, others, cost } = allocationCost(jobs, costOptions);
  const result = await costDriven(layers, cost, { costReduction, sparsity, range, ranges, step, per });
  const { accelerator, metric = 'cycles', phases = 'training', kernels } = options;
  const data: AllocationReportData = {
    label: 'modelled',
    accelerator: accelerator.spec.name,
    metric,
    phases,
    per: per ?? 'weight',
    target: sparsity === undefined ? { costReduction: costReduction as number } : { sparsity },
    steps: jobs.length,
    others,
    masks: kernels ? 'scores' : 'drawn',
    ...result,
  };
  return { ...data, toTable: () => allocationTable(data), toJSON: () => data };
}
