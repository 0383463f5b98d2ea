import type { AllocationReportData } from './allocate-run.js';
import { cutMiddle, joules, percent, si } from './format.js';

/** Chosen sparsities and their trace as text of at most 80 columns. */
export function allocationTable(report: AllocationReportData): string {
  return [...heading(report), '', ...layerRows(report), '', ...traceRows(report)].join('\n');
}

const units = { cycles: 'cycles', energy: 'energy', edp: 'pJ cycles' } as const;

function heading({ accelerator, metric, phases, per, target, steps, masks, others, ...result }: AllocationReportData): string[] {
  const what = phases === 'training' ? 'a training step' : 'a forward pass';
  const asked = 'sparsity' in target ? `sparsity ${percent(target.sparsity)}` : `${percent(target.costReduction)} less`;
  const { startCost, cost, costReduction, overallSparsity, reached, evaluations } = result;
  const found = `${percent(costReduction)} less at sparsity ${percent(overallSparsity)}`;
  return [
    `modelled ${units[metric]} of ${what} on ${accelerator}, mean of ${steps} ${steps === 1 ? 'step' : 'steps'}`,
    `A and E as given; weights masked ${masks === 'scores' ? 'by their scores' : 'in a drawn order'}; savings per ${per}`,
    `asked for ${asked}, ${reached ? 'found' : 'NOT REACHED, at most'} ${found}`,
    `${shown(startCost, metric)} to ${shown(cost, metric)}, ${evaluations} times measured`,
    ...(others.length > 0 ? [`${others.length} more trained layers, left as they are`] : []),
    `marginal: ${units[metric]} per weight; at first, at last: in a layer's rounds`,
  ];
}

/** Each layer: what it costs before and after, and its marginal cost in its first and its last round. */
function layerRows({ layers, metric, trace }: AllocationReportData): string[] {
  const marginal = (cost: number | undefined) => (cost === undefined ? '-' : shown(cost, metric));
  return [
    row(['layer', 'weights', 'before', 'after', 'at first', 'at last', 'sparsity']),
    ...layers.map(({ layer, weights, sparsity, startCost, cost }) => {
      const own = trace.filter((round) => round.layer === layer);
      const costs = [startCost, cost].map((one) => (one === null ? '-' : shown(one, metric)));
      const ends = [own[0], own.at(-1)].map((round) => marginal(round?.marginalCost));
      return row([layer, si(weights), ...costs, ...ends, percent(sparsity)]);
    }),
  ];
}

/** Rounds that a table shows at most: those before another layer comes, or some of these. */
const mostRounds = 24;

function traceRows({ trace, metric }: AllocationReportData): string[] {
  const turns = trace
    .map((round, i) => ({ ...round, number: i + 1 }))
    .filter(({ layer }, i) => trace[i + 1]?.layer !== layer)
    .toReversed();
  const every = Math.ceil(turns.length / mostRounds);
  const shownTurns = turns.filter((_, i) => i % every === 0).toReversed();
  return [
    row([`${trace.length} rounds`, 'round', 'marginal', 'sparsity', 'overall']),
    ...shownTurns.map(({ layer, number, marginalCost, sparsity, overallSparsity }) =>
      row([layer, `${number}`, shown(marginalCost, metric), percent(sparsity), percent(overallSparsity)]),
    ),
  ];
}

function shown(cost: number, metric: AllocationReportData['metric']): string {
  return metric === 'energy' ? joules(cost) : si(cost);
}

/** A name of 20 columns, then numbers of 10, to the right: 80 columns at most. */
function row([name = '', ...cells]: readonly string[]): string {
  return cutMiddle(name, 20).padEnd(20) + cells.map((cell) => cell.padStart(10)).join('');
}
