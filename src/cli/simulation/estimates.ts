import type { AcceleratorReport } from '../../callbacks/cost-report.js';
import { type AcceleratorSpec, createEstimator, estimatorRegistry, type Interval, trainingWorks } from '../../hw/index.js';
import type { Table } from '../report/contracts.js';
import type { WorkloadSteps } from '../workload/load-steps.js';

/** What a machine without a cycle model is modelled to take for all steps of a workload. */
export interface Estimate {
  readonly name: string;
  readonly spec: AcceleratorSpec;
  readonly seconds: Interval;
  readonly energyJ: Interval;
}

/** Whether a spec is of a machine that is estimated only. */
export function isEstimated({ kind }: AcceleratorSpec): boolean {
  return Object.hasOwn(estimatorRegistry, kind);
}

/** Estimates of all steps, those not taken stood for by those that were. */
export async function estimateSteps({ jobs, steps }: WorkloadSteps, specs: readonly AcceleratorSpec[]): Promise<Estimate[]> {
  const estimators = specs.map((spec) => createEstimator(spec));
  const sums = specs.map(() => ({ seconds: { low: 0, high: 0 }, energyJ: { low: 0, high: 0 } }));
  if (specs.length === 0) return [];
  let taken = 0;
  for await (const { records, training } of jobs()) {
    taken += 1;
    const works = trainingWorks(records, training);
    for (const [i, estimator] of estimators.entries()) {
      const { seconds, energyJ } = estimator.estimateStep(works);
      sums[i] = { seconds: add(sums[i].seconds, seconds), energyJ: add(sums[i].energyJ, energyJ) };
    }
  }
  const scaled = ({ low, high }: Interval): Interval => ({ low: (low * steps) / taken, high: (high * steps) / taken });
  return specs.map((spec, i) => {
    return { name: spec.name, spec, seconds: scaled(sums[i].seconds), energyJ: scaled(sums[i].energyJ) };
  });
}

/** Accelerators and estimates side by side; nothing where nothing is estimated. */
export function estimateTable(estimates: readonly Estimate[], accelerators: readonly AcceleratorReport[]): Table[] {
  if (estimates.length === 0) return [];
  return [
    {
      title: 'Time and energy, modelled',
      columns: [
        { name: 'machine', label: 'machine', unit: 'text' },
        { name: 'secondsLow', label: 'time, least', unit: 'seconds' },
        { name: 'secondsHigh', label: 'most', unit: 'seconds' },
        { name: 'energyLowPj', label: 'energy, least', unit: 'energyPj' },
        { name: 'energyHighPj', label: 'most', unit: 'energyPj' },
      ],
      rows: [
        ...accelerators.map(({ name, metrics, energyPj: { value } }) => {
          const seconds = metrics?.seconds ?? null;
          return [name, seconds, seconds, value, value];
        }),
        ...estimates.map(({ name, seconds, energyJ }) => [
          ...[name, seconds.low, seconds.high],
          ...[energyJ.low * 1e12, energyJ.high * 1e12],
        ]),
      ],
      notes: [`Bounds, as there is no cycle model: ${estimates.map(({ name }) => name).join(', ')}.`],
    },
  ];
}

function add(a: Interval, b: Interval): Interval {
  return { low: a.low + b.low, high: a.high + b.high };
}
