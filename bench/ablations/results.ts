import {
  addCosts,
  type Cost,
  costMetrics,
  costOf,
  type MachineRates,
  type Phase,
  type PhaseWork,
  ratesOf,
} from 'tfjs-sparsity/hw';
import { joule, percent, si, textTable } from '../../examples/lib/format.js';
import { phases } from '../../examples/lib/summary.js';
import type { Ablation, Variant } from './variants.js';

/** What one variant takes for the recorded steps, modelled. */
export interface AblationRow {
  readonly variant: string;
  readonly network: string;
  readonly cycles: number;
  readonly energyPj: number;
  readonly byPhase: Readonly<Record<string, { readonly cycles: number; readonly energyPj: number }>>;
  readonly energyDelayJouleSeconds: number;
  readonly joulePerSample: number;
  readonly samplesPerSecond: number;
  readonly usefulShare: number;
  /** Share of all unit-cycles, by cause. */
  readonly idleShares: Readonly<Record<string, number>>;
  readonly dataflows: Readonly<Record<string, number>>;
}

/** Runs recorded steps on a variant. */
export function ablationRow(
  { name, network, accelerator }: Variant,
  steps: readonly (readonly PhaseWork[])[],
  samples: number,
): AblationRow {
  const run = accelerator.start();
  const works = steps.flatMap((step) => run.executeStep(step).works);
  const costs = works.map((work) => ({ phase: work.phase, cost: costOf(work, accelerator.energyTable) }));
  const sum = (phase?: Phase): Cost => addCosts(...costs.filter((one) => !phase || one.phase === phase).map(({ cost }) => cost));
  const total = sum();
  const metrics = costMetrics(total, sum('forward'), samples, ratesOf(accelerator.spec) as MachineRates);
  const unitCycles = total.units * total.cycles;
  const dataflows: Record<string, number> = {};
  for (const { decisions } of works) {
    if (decisions.dataflow) dataflows[decisions.dataflow] = (dataflows[decisions.dataflow] ?? 0) + 1;
  }
  return {
    variant: name,
    network,
    cycles: total.cycles,
    energyPj: total.energyPj,
    byPhase: Object.fromEntries(
      phases.map(([phase]) => {
        const { cycles, energyPj } = sum(phase);
        return [phase, { cycles, energyPj }];
      }),
    ),
    energyDelayJouleSeconds: metrics.energyDelayJouleSeconds,
    joulePerSample: metrics.trainingJoulePerSample,
    samplesPerSecond: metrics.trainingSamplesPerSecond,
    usefulShare: total.usefulUnitCycles / unitCycles,
    idleShares: Object.fromEntries(Object.entries(total.idleUnitCycles).map(([cause, lost]) => [cause, lost / unitCycles])),
    dataflows,
  };
}

/** The rows of an ablation as text of at most 80 columns. */
export function ablationTable({ name }: Pick<Ablation, 'name'>, rows: readonly AblationRow[]): string {
  const [base] = rows;
  const byPhase = (of: 'cycles' | 'energyPj', show: (value: number) => string) =>
    textTable([
      [of === 'cycles' ? 'cycles' : 'energy', ...phases.map(([, label]) => label), 'total', 'ratio'],
      ...rows.map((row) => [
        row.variant,
        ...phases.map(([phase]) => show(row.byPhase[phase].cycles && row.byPhase[phase][of])),
        show(row[of]),
        `${(row[of] / base[of]).toFixed(2)}x`,
      ]),
    ]);
  return [
    name.toUpperCase(),
    byPhase('cycles', (value) => si(value)),
    byPhase('energyPj', joule),
    textTable([
      ['per sample', 'energy', 'samples/s', 'EDP, J s', 'ratio', 'chosen'],
      ...rows.map((row) => [
        row.variant,
        joule(row.joulePerSample * 1e12),
        si(row.samplesPerSecond),
        row.energyDelayJouleSeconds.toExponential(2),
        `${(row.energyDelayJouleSeconds / base.energyDelayJouleSeconds).toFixed(2)}x`,
        Object.entries(row.dataflows)
          .map(([dataflow, count]) => `${count} ${dataflow}`)
          .join(' '),
      ]),
    ]),
    [
      'unit-cycles',
      ...rows.flatMap(({ variant, usefulShare, idleShares }) => shares(variant, { useful: usefulShare, ...idleShares })),
    ].join('\n'),
  ].join('\n\n');
}

/** `name: useful 11.0 %, imbalance 29.0 %`, the largest first, broken to 80 columns. */
function shares(name: string, parts: Readonly<Record<string, number>>): string[] {
  const items = Object.entries(parts)
    .filter(([, share]) => share >= 0.0005)
    .sort((a, b) => b[1] - a[1])
    .map(([cause, share]) => `${cause} ${percent(share, 1)}`);
  const lines = [`${name}:`];
  items.forEach((item, i) => {
    const text = ` ${item}${i < items.length - 1 ? ',' : ''}`;
    if (lines[lines.length - 1].length + text.length > 80) lines.push('  ');
    lines[lines.length - 1] += text;
  });
  return lines;
}
