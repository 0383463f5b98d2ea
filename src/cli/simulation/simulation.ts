import { type CostReportData, costReport } from '../../callbacks/cost-report.js';
import type { StepCosts } from '../../callbacks/replay-run.js';
import { SparsityError } from '../../errors.js';
import { type AcceleratorSpec, createAccelerator } from '../../hw/index.js';
import { openTaskPool } from '../run/task-pool.js';
import { version } from '../version.js';
import { loadSteps } from '../workload/load-steps.js';
import type { Workload } from '../workload/workload.js';
import { type Estimate, estimateSteps, isEstimated } from './estimates.js';

/** A workload on accelerators: what `simulate` and `compare` find. */
export interface Simulation {
  readonly kind: 'simulation';
  readonly version: string;
  readonly workload: Workload;
  readonly conditions: readonly string[];
  readonly report: CostReportData;
  readonly estimates: readonly Estimate[];
  /** Accelerators that do not take this workload, and why. */
  readonly notRun: readonly { readonly name: string; readonly why: string }[];
}

/**
 * Runs a workload on accelerators, each by itself, on so many threads; machines without a cycle model are estimated.
 *
 * @throws SparsityError when none of them takes it.
 */
export async function simulate(workload: Workload, machines: readonly AcceleratorSpec[], workers: number): Promise<Simulation> {
  const steps = await loadSteps(workload);
  const specs = machines.filter((spec) => !isEstimated(spec));
  const estimates = await estimateSteps(steps, machines.filter(isEstimated));
  const pool = await openTaskPool(Math.min(workers, specs.length));
  // This thread has the steps already; others are to see as many as it does.
  const recordBytes = pool.size > 1 ? steps.recordBytes : undefined;
  const tasks = specs.map((spec) => pool.run('runTask', { workload, spec, recordBytes }));
  const results = await Promise.all(tasks).finally(() => pool.close());
  const done = specs.flatMap((spec, i) => {
    const costs = results[i];
    return 'error' in costs ? [] : [{ spec, costs }];
  });
  const notRun = specs.flatMap(({ name }, i) => {
    const costs = results[i];
    return 'error' in costs ? [{ name, why: costs.error }] : [];
  });
  if (done.length === 0) {
    const fix = 'choose other accelerators, dense-array for one';
    const got = notRun.map(({ name, why }) => `${name}: ${why}`).join(' ') || 'none with a cycle model';
    throw new SparsityError({ what: 'accelerators for this workload', got, expected: 'one that takes it', fix });
  }
  const all = merged(done.map(({ costs }) => costs));
  const accelerators = done.map(({ spec }) => createAccelerator(spec));
  const report = costReport(accelerators, all.totals, all.series, steps.sampleOf(all), { workers, maxDepth: 0, waits: 0 });
  return { kind: 'simulation', version, workload, conditions: steps.conditions, report: report.toJSON(), estimates, notRun };
}

/** The same steps on several accelerators as one. */
function merged(parts: readonly StepCosts[]): StepCosts {
  const series = parts[0].series.map((step, i) => ({
    ...step,
    accelerators: Object.assign({}, ...parts.map((part) => part.series[i].accelerators)),
  }));
  return { totals: Object.assign({}, ...parts.map(({ totals }) => totals)), series };
}
