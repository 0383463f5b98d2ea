import { SparsityError } from '../errors.js';
import {
  type Accelerator,
  type AcceleratorSpec,
  addCosts,
  type Cost,
  type CostMetrics,
  costMetrics,
  type Resources,
  ratesOf,
  resourcesOf,
  scaleCost,
  unequalResources,
} from '../hw/index.js';
import { phases } from '../hw/phases.js';
import type { CostRow, CostTotals, StepSummary } from './cost-engine.js';
import { costTable } from './cost-table.js';
import { type Estimate, estimateTotal } from './estimate-total.js';

/** Which part of a run was looked at. */
export interface CostSample {
  /** Optimizer steps of the run, and those whose tensors were taken: every `every`-th from `offset`. */
  readonly steps: number;
  readonly sampledSteps: number;
  readonly every: number;
  readonly offset: number;
  /** Images taken of each batch; null for all. */
  readonly images: number | null;
  /** Layers with kernels that are in no figure, since their tensors never came: embeddings, for example. */
  readonly unseenLayers: readonly string[];
}

/** How far the workers lagged behind. Depends on timing, so it is in no JSON. */
export interface QueueStatistics {
  /** Workers at work; 0 means inline. */
  readonly workers: number;
  /** Most steps that waited or were under way at a time. */
  readonly maxDepth: number;
  /** How often training had to wait for a free place. */
  readonly waits: number;
}

/** What a run costs on one accelerator, scaled to all of its steps. */
export interface AcceleratorReport {
  readonly name: string;
  readonly spec: AcceleratorSpec;
  /** Null for an accelerator of a kind of one's own. */
  readonly resources: Resources | null;
  readonly cycles: Estimate;
  readonly energyPj: Estimate;
  /** Everything else that adds up: energy by component, MACs, traffic, idle unit-cycles by cause. */
  readonly total: Cost;
  /** Useful share of all unit-cycles. */
  readonly utilisation: number;
  /** Idle share of all unit-cycles, by cause. */
  readonly idle: Readonly<Record<string, number>>;
  /** Sums per layer and phase; decisions count sampled works and are not scaled. */
  readonly rows: readonly CostRow[];
  /** Throughput, energy per sample, power and utilisation; null for an accelerator whose spec has no clock, or for no step. */
  readonly metrics: CostMetrics | null;
  /** Decisions of all rows together. */
  readonly decisions: CostRow['decisions'];
}

/** A report as plain data: the same run gives the same bytes, inline or on workers. */
export interface CostReportData {
  /** No silicon was measured: all figures come from models. */
  readonly label: 'modelled';
  readonly sample: CostSample;
  readonly accelerators: readonly AcceleratorReport[];
  /** Resources in which the accelerators differ, so that ratios between them are not of their designs alone. */
  readonly unequalResources: readonly string[];
  /** Each sampled step: cycles and energy by accelerator, fraction of zeros of W, A, E, G. */
  readonly series: readonly StepSummary[];
}

/** What a training run would have cost on accelerators. */
export interface CostReport extends CostReportData {
  readonly queue: QueueStatistics;
  /** Cycles and energy of the named accelerator over those of each: above 1 is better than the baseline. */
  speedupOver(baseline: string): Readonly<Record<string, { readonly cycles: number; readonly energy: number }>>;
  /** A text of at most 80 columns. */
  toTable(): string;
  toJSON(): CostReportData;
}

/** Makes a report of what was summed up. */
export function costReport(
  accelerators: readonly Accelerator[],
  totals: CostTotals,
  series: readonly StepSummary[],
  sample: CostSample,
  queue: QueueStatistics,
): CostReport {
  const factor = sample.sampledSteps === 0 ? 1 : sample.steps / sample.sampledSteps;
  const samples = factor * series.reduce((sum, step) => sum + step.samples, 0);
  const reports = accelerators.map(({ spec }): AcceleratorReport => {
    const rows = inOrder((totals[spec.name]?.rows ?? []).map((row) => ({ ...row, cost: scaleCost(row.cost, factor) })));
    const total = addCosts(...rows.map((row) => row.cost));
    const forward = addCosts(...rows.filter(({ phase }) => phase === 'forward').map((row) => row.cost));
    const rates = ratesOf(spec);
    const unitCycles = total.units * total.cycles || 1;
    return {
      name: spec.name,
      spec,
      resources: resourcesOf(spec) ?? null,
      cycles: estimateTotal(series, sample.steps, spec.name, 'cycles'),
      energyPj: estimateTotal(series, sample.steps, spec.name, 'energyPj'),
      total,
      utilisation: total.usefulUnitCycles / unitCycles,
      idle: Object.fromEntries(Object.entries(total.idleUnitCycles).map(([cause, lost]) => [cause, lost / unitCycles])),
      rows,
      metrics: rates && samples > 0 ? costMetrics(total, forward, samples, rates) : null,
      decisions: sumDecisions(rows),
    };
  });
  const unequal = unequalResources(accelerators.map(({ spec }) => spec));
  const data: CostReportData = { label: 'modelled', sample, accelerators: reports, unequalResources: unequal, series };
  const report: CostReport = {
    ...data,
    queue,
    speedupOver: (baseline) => speedups(reports, baseline),
    toTable: () => costTable(report),
    toJSON: () => data,
  };
  return report;
}

function speedups(reports: readonly AcceleratorReport[], baseline: string): ReturnType<CostReport['speedupOver']> {
  const base = reports.find(({ name }) => name === baseline);
  if (!base) {
    throw new SparsityError({
      what: 'baseline of a speed-up',
      got: baseline,
      expected: `one of ${reports.map(({ name }) => name).join(', ')}`,
      fix: 'name an accelerator of this report',
    });
  }
  const ratios = reports.map(({ name, cycles, energyPj }) => {
    return [name, { cycles: base.cycles.value / cycles.value, energy: base.energyPj.value / energyPj.value }] as const;
  });
  return Object.fromEntries(ratios);
}

/** Rows by layer, in the order of the forward pass, then by phase. */
function inOrder(rows: readonly CostRow[]): CostRow[] {
  const layers = [...new Set(rows.map(({ layer }) => layer))];
  const rank = ({ layer, phase }: CostRow) => layers.indexOf(layer) * phases.length + phases.indexOf(phase);
  return [...rows].sort((a, b) => rank(a) - rank(b));
}

function sumDecisions(rows: readonly CostRow[]): CostRow['decisions'] {
  const sum: Record<string, Record<string, number>> = {};
  for (const { decisions } of rows) {
    for (const [question, answers] of Object.entries(decisions)) {
      const counts = sum[question] ?? {};
      sum[question] = counts;
      for (const [answer, count] of Object.entries(answers)) counts[answer] = (counts[answer] ?? 0) + count;
    }
  }
  return sum;
}
