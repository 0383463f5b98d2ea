import { checkOptionNames } from '../check-options.js';
import type { Accelerator } from '../hw/index.js';
import { checkAccelerators } from './check-accelerators.js';
import { type CostTotals, createCostEngine, type StepJob, type StepSummary } from './cost-engine.js';
import { type CostReport, type CostSample, costReport } from './cost-report.js';
import { type RecordedRun, readRecordedRun } from './recorded-run.js';

/** Options of {@link replayRun}. */
export interface ReplayOptions {
  /** Accelerators to run the recorded steps on, one at least; their names must differ. */
  readonly accelerators: readonly Accelerator[];
}

/** What steps cost on accelerators, before it is made a report. */
export interface StepCosts {
  readonly totals: CostTotals;
  readonly series: readonly StepSummary[];
}

/** Runs steps on accelerators, on this thread. */
export async function costSteps(
  jobs: Iterable<StepJob> | AsyncIterable<StepJob>,
  accelerators: readonly Accelerator[],
): Promise<StepCosts> {
  const engine = createCostEngine(accelerators, {});
  const series: StepSummary[] = [];
  for await (const job of jobs) series.push(engine.execute(job));
  return { totals: engine.totals(), series };
}

/** Which part of a recorded run a report of it stands on. */
export function recordedSample({ settings, steps, recordedSteps }: RecordedRun, { totals }: StepCosts): CostSample {
  const { every, offset, images, layers } = settings;
  const seen = new Set(Object.values(totals)[0]?.rows.map(({ layer }) => layer));
  return { steps, sampledSteps: recordedSteps, every, offset, images, unseenLayers: layers.filter((layer) => !seen.has(layer)) };
}

/**
 * What a recorded run would have cost on other accelerators: their report, the same bytes as the live one of {@link hardwareCost} with
 * these accelerators, without training. A record that was cut short counts up to there, and steps that are
 * missing in it are stood for by the others, each with a warning. Without its end a record does not know of products that none
 * can tell of and that came after the first step: `unseenLayers` lacks them. Node only.
 *
 * @param file what `hardwareCost({record: file})` has written.
 * @throws SparsityError when the file is missing, no record or without a whole step, for no accelerators or estimators, and
 * when one fails.
 * @example
 * ```ts
 * const report = await replayRun('runs/lenet/run.maps', {accelerators: [acf({rows: 64}), denseArray()]});
 * console.log(report.toTable());
 * ```
 */
export async function replayRun(file: string, options: ReplayOptions): Promise<CostReport> {
  checkOptionNames('replayRun', options, { accelerators: true });
  const { accelerators } = options;
  checkAccelerators('replayRun.accelerators', accelerators);
  const run = await readRecordedRun(file);
  for (const warning of [run.cutShort, run.gap]) if (warning !== null) console.warn(warning);
  const costs = await costSteps(run.jobs(), accelerators);
  return costReport(accelerators, costs.totals, costs.series, recordedSample(run, costs), { workers: 0, maxDepth: 1, waits: 0 });
}
