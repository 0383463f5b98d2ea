import { SparsityError } from '../../errors.js';
import { presets, type Role } from '../../hw/index.js';
import type { XyChart } from '../report/contracts.js';
import { simulate } from '../simulation/simulation.js';
import { curves } from './charts.js';
import { baselineNames, baselines, type Measured, measures, roles } from './reductions.js';

/** A network that was really trained, with the accelerators of 001 on its own tensors. */
export interface TrainedRun {
  /** How it was recorded, a line each. */
  readonly conditions: readonly string[];
  /** Fraction of zeros at the recorded steps. */
  readonly sparsity: readonly { readonly step: number; readonly zeros: Readonly<Record<Role, number>> }[];
  /** Of the whole training. */
  readonly accelerators: Readonly<Record<string, Measured>>;
}

/**
 * Runs the record of a training on the accelerators of 001.
 *
 * @throws SparsityError for a file that is no record, and where one of them does not take its layers.
 */
export async function replayTraining(run: string, workers: number): Promise<TrainedRun> {
  const specs = ['balanced', ...Object.values(baselines)].map((name) => presets[name]);
  const { conditions, report, notRun } = await simulate({ run }, specs, workers);
  const [first] = notRun;
  if (first) {
    const fix = 'record a network of dense and convolution layers';
    throw new SparsityError({ what: run, got: first.why, expected: `layers that ${first.name} takes`, fix });
  }
  return {
    conditions,
    sparsity: report.series.map(({ step, sparsity }) => ({ step, zeros: sparsity })),
    accelerators: Object.fromEntries(report.accelerators.map(({ name, total }) => [name, total])),
  };
}

/** What the training gave, a line each. */
export function trainedLines(trained: TrainedRun | undefined): string[] {
  if (!trained) return ['No network was really trained: --trained-run names no record of a training.'];
  const { conditions, sparsity, accelerators } = trained;
  const zeros = (of: (role: Role) => number) => roles.map((role) => `${role} ${(100 * of(role)).toFixed(1)}`).join(', ');
  const mean = (role: Role) => sparsity.reduce((sum, { zeros }) => sum + zeros[role], 0) / sparsity.length;
  const saved = baselineNames.map((baseline) => {
    const each = Object.entries(measures).map(([measure, of]) => {
      const share = 1 - of(accelerators.balanced) / of(accelerators[baselines[baseline]]);
      return `${measure} ${(100 * share).toFixed(1)}`;
    });
    return `saved against ${baseline}, %: ${each.join(', ')}`;
  });
  return [
    'A network that was really trained:',
    ...conditions,
    `zeros, mean over the run, %: ${zeros(mean)}; at its end: ${zeros((role) => sparsity[sparsity.length - 1].zeros[role])}; see fig01`,
    ...saved,
  ];
}

/** As Fig. 1 of 001: the sparsity of each tensor over the training, measured. */
export function trainedChart({ sparsity }: TrainedRun): XyChart {
  const points = sparsity.flatMap(({ step, zeros }) => roles.map((name) => ({ name, x: step, y: 100 * zeros[name] })));
  return curves(points, { title: 'Measured sparsity of a training', xLabel: 'step', label: '% zeros', names: roles });
}
