import { costReport } from '../../callbacks/cost-report.js';
import { costSteps, type StepCosts } from '../../callbacks/replay-run.js';
import { SparsityError } from '../../errors.js';
import { type AcceleratorSpec, areasOf, createAccelerator, type Phase, resourcesOf } from '../../hw/index.js';
import { noneByPhase } from '../../hw/phases.js';
import { loadSteps } from '../workload/load-steps.js';
import type { Workload } from '../workload/workload.js';

/** One workload on one accelerator: plain data, it crosses to workers. */
export interface Task {
  readonly workload: Workload;
  readonly spec: AcceleratorSpec;
  /** How much of a record counts; without it: all of it. */
  readonly recordBytes?: number | undefined;
}

/** Why a task has no costs: an accelerator that does not take such a workload, for one. */
export interface TaskFailure {
  readonly error: string;
}

/** What a point of a sweep tells. */
export interface PointCosts {
  readonly cycles: number;
  readonly energyPj: number;
  /** Null for an accelerator that declares no areas. */
  readonly areaMm2: number | null;
  /** What these mm2 are, see `Resources.areaBasis`; files of earlier versions lack it. */
  readonly areaBasis?: string | null | undefined;
  /** Null for an accelerator that declares none; files of earlier versions lack it. */
  readonly clockGhz?: number | null | undefined;
  /** Useful share of all unit-cycles. */
  readonly utilisation: number;
  readonly idealCycles: number;
  /** The cause that idles most unit-cycles. */
  readonly limitedBy: string;
  readonly cyclesByPhase: Readonly<Record<Phase, number>>;
}

/** All costs of a task. */
export async function runTask({ workload, spec, recordBytes }: Task): Promise<StepCosts | TaskFailure> {
  return orFailure(async () => {
    const { jobs } = await loadSteps(workload, recordBytes);
    return costSteps(jobs(), [createAccelerator(spec)]);
  });
}

/** The costs of a task in a few numbers. */
export async function runPoint({ workload, spec, recordBytes }: Task): Promise<PointCosts | TaskFailure> {
  return orFailure(async () => {
    const { jobs, sampleOf } = await loadSteps(workload, recordBytes);
    const accelerator = createAccelerator(spec);
    const costs = await costSteps(jobs(), [accelerator]);
    const queue = { workers: 0, maxDepth: 0, waits: 0 };
    const [one] = costReport([accelerator], costs.totals, costs.series, sampleOf(costs), queue).accelerators;
    const cyclesByPhase = noneByPhase();
    for (const { phase, cost } of one.rows) cyclesByPhase[phase] += cost.cycles;
    const resources = resourcesOf(accelerator.spec);
    return {
      cycles: one.cycles.value,
      energyPj: one.energyPj.value,
      areaMm2: areasOf(accelerator.spec)?.totalMm2 ?? null,
      areaBasis: resources?.areaBasis ?? null,
      clockGhz: resources?.clockGhz ?? null,
      utilisation: one.utilisation,
      idealCycles: one.total.idealCycles,
      limitedBy: largestIdle(one.idle),
      cyclesByPhase,
    };
  });
}

/** The cause that idles most unit-cycles; `none` where nothing idles. */
export function largestIdle(idle: Readonly<Record<string, number>>): string {
  const [cause, share] = Object.entries(idle).reduce((most, one) => (one[1] > most[1] ? one : most), ['none', 0]);
  return share > 0 ? cause : 'none';
}

async function orFailure<T>(work: () => Promise<T>): Promise<T | TaskFailure> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SparsityError) return { error: error.message };
    throw error;
  }
}
