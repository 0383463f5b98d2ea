import type { LayerMaskMap, LayerMaskRates, MaskUpdate, RunLogLine } from '../../callbacks/index.js';
import type { MaskRates } from '../../pruning/index.js';
import type { Chart, MapChart, XyChart } from './contracts.js';

const curves: readonly (readonly [rate: keyof MaskRates, title: string, note: string])[] = [
  ['sparsity', 'Sparsity', 'Fraction of the weights that the masks leave out.'],
  ['churn', 'Mask churn', 'Fraction of the weights that an update of the masks put in or took out.'],
  ['iou', 'Mask overlap', 'Intersection over union with the mask before the update: 1 where nothing moves.'],
  ['itop', 'Explored weights', 'Fraction of the weights that were ever active, the R_s of ITOP.'],
];

/** More would have the same colours. */
const mostLayers = 8;

/**
 * What the log of a run with `maskStatistics` says of its masks: curves of sparsity, churn, overlap and explored weights over the
 * steps, of all pruned layers together and of the largest ones; a map of each mask at the end of training with the histogram of its
 * groups. Nothing for a log without them.
 *
 * @param lines of one run, as `readRunLog` gives them.
 * @example
 * ```ts
 * const charts = maskCharts(await readRunLog('runs/lenet'));
 * await writeFile('masks.html', htmlPage({title: 'Masks', lead: [], body: htmlFigures(charts)}));
 * ```
 */
export function maskCharts(lines: readonly RunLogLine[]): Chart[] {
  const updates = lines.flatMap((line) => (line.type === 'masks' ? [line] : []));
  const maps = lines.findLast((line) => line.type === 'maskMaps')?.layers ?? [];
  return [...(updates.length > 2 ? curvesOf(updates) : []), ...maps.map(mapChart)];
}

function curvesOf(updates: readonly MaskUpdate[]): Chart[] {
  const sizes = updates[0].layers.map(({ weights }, i) => ({ weights, i }));
  const shown = sizes
    .sort((a, b) => b.weights - a.weights)
    .slice(0, mostLayers)
    .map(({ i }) => i)
    .sort((a, b) => a - b);
  const left = sizes.length - shown.length;
  return curves.map(([rate, title, note]): XyChart & { note: string } => {
    // The first masks are compared with none before them.
    const own = rate === 'churn' || rate === 'iou' ? updates.slice(1) : updates;
    const series = (name: string, of: (update: MaskUpdate) => MaskRates) => ({
      name,
      points: own.map((update) => [update.step, of(update)[rate]] as const),
    });
    const layers = shown.map((i) => series(updates[0].layers[i].layer, (update) => update.layers[i] as LayerMaskRates));
    return {
      kind: 'curves',
      title,
      x: { label: 'step', unit: 'plain' },
      y: { label: rate === 'iou' ? 'intersection over union' : 'of the weights', unit: 'share', fromZero: rate !== 'iou' },
      series: layers.length > 1 ? [series('all', ({ all }) => all), ...layers] : layers,
      note: left === 0 ? note : `${note} Without the ${left} smallest layers.`,
    };
  });
}

function mapChart({ layer, mask, shape, rows, columns, cells, occupancy }: LayerMaskMap): MapChart {
  const densities = Array.from({ length: rows * columns }, (_, i) => Number.parseInt(cells.slice(2 * i, 2 * i + 2), 16) / 255);
  const [kept, groups] = occupancy.reduce(([sum, all], count, nonzeros) => [sum + nonzeros * count, all + count], [0, 0]);
  const weights = shape.reduce((product, size) => product * size, 1);
  const zeros = groups === 0 ? 0 : 1 - kept / weights;
  return {
    kind: 'map',
    title: `${layer}, ${mask}`,
    subtitle: `${shape.join(' x ')}, ${(100 * zeros).toFixed(1)} % zeros`,
    rows,
    columns,
    cells: densities,
    occupancy,
  };
}
