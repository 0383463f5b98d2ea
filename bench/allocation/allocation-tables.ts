import type { LayerSparsityRow } from 'tfjs-sparsity/callbacks';
import { joule, percent, si } from '../../examples/lib/format.js';
import { markdownTable } from '../accelerators/cost-tables.js';
import type { AllocatedRun } from './train-allocated.js';

/** Points of accuracy within which networks count as equal. */
const equalPoints = 0.5;

/** Each network with its accuracy and what a training step of it costs, beside the first one, in Markdown. */
export function comparisonTable(runs: readonly AllocatedRun[]): string {
  const [base] = runs;
  const accelerators = Object.keys(base.costs);
  return markdownTable([
    [
      'allocation',
      'sparsity',
      'accuracy',
      'points',
      ...accelerators.flatMap((name) => [`${name} cycles`, 'less', 'energy', 'less']),
    ],
    ...runs.map(({ name, sparsity, accuracy, costs }) => [
      name,
      percent(sparsity, 2),
      percent(accuracy, 2),
      points(accuracy - base.accuracy),
      ...accelerators.flatMap((accelerator) => {
        const [own, of] = [costs[accelerator], base.costs[accelerator]];
        const less = (part: 'cycles' | 'energyPj') => percent(1 - own[part] / of[part], 1);
        return [si(own.cycles), less('cycles'), joule(own.energyPj), less('energyPj')];
      }),
    ]),
  ]);
}

/** Which networks are as accurate as the first one, as a sentence. */
export function accuracySentence([base, ...others]: readonly AllocatedRun[], testImages: number): string {
  const within = others.map(({ name, accuracy }) => {
    const difference = 100 * (accuracy - base.accuracy);
    return `${name} ${difference < -equalPoints ? 'below' : difference > equalPoints ? 'above' : 'within'}`;
  });
  const error = 100 * Math.sqrt((base.accuracy * (1 - base.accuracy)) / testImages);
  return (
    `Within ${equalPoints} points of ${base.name}, or not: ${within.join(', ')}. ` +
    `Of ${testImages} test images the standard error of an accuracy is ${error.toFixed(2)} points.`
  );
}

/** The sparsity of each layer in each network, in Markdown. */
export function sparsityTable(runs: readonly AllocatedRun[]): string {
  const [base] = runs;
  const of = (rows: readonly LayerSparsityRow[], name: string) => rows.find(({ layer }) => layer === name)?.sparsity ?? 0;
  return markdownTable([
    ['layer', 'weights', ...runs.map(({ name }) => name)],
    ...base.layers.map(({ layer, weights }) => [layer, `${weights}`, ...runs.map(({ layers }) => percent(of(layers, layer), 1))]),
  ]);
}

function points(difference: number): string {
  const rounded = (100 * difference).toFixed(2);
  return difference > 0 ? `+${rounded}` : rounded;
}
