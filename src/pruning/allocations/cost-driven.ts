import { SparsityError } from '../../errors.js';
import { keptCount } from '../kept-count.js';
import { type CostDrivenOptions, checkCostDriven } from './cost-driven-options.js';
import { costLevels, costMeter, type NetworkCost } from './cost-meter.js';
import { type CostDrivenLayer, type LayerLevel, layerLevels } from './layer-levels.js';
import type { MapAllocationOptions } from './map-allocation.js';
import { type LevelStep, steepestSteps } from './steepest-steps.js';
import { stepsUntilCost, stepsUntilRemoved } from './steps-taken.js';

/** One round: a layer is pruned a step further. */
export interface CostDrivenStep {
  readonly layer: string;
  /** Of the layer, from here on. */
  readonly sparsity: number;
  readonly removedWeights: number;
  /** Cost that goes for each removed weight, by which the layer was chosen; the mean of steps that pay only together. */
  readonly marginalCost: number;
  /** Of all layers together, from here on. */
  readonly overallSparsity: number;
}

/** What was chosen for a layer. */
export interface CostDrivenRow {
  readonly layer: string;
  readonly weights: number;
  readonly sparsity: number;
  /** At the least and at the chosen sparsities; null where the cost is a number alone. */
  readonly startCost: number | null;
  readonly cost: number | null;
}

/** Sparsities, what they cost, and how they came about: plain data. */
export interface CostDrivenResult {
  /** For `mapAllocation`, in a method with `finalSparsity: overallSparsity`; all other layers stay dense. */
  readonly map: MapAllocationOptions;
  readonly overallSparsity: number;
  /** Measured with all layers at their least, and at the chosen sparsities. */
  readonly startCost: number;
  readonly cost: number;
  /** `1 - cost / startCost`. */
  readonly costReduction: number;
  /** False where not even all steps that save anything save as much as was asked for. */
  readonly reached: boolean;
  readonly layers: readonly CostDrivenRow[];
  readonly trace: readonly CostDrivenStep[];
  /** Sets of sparsities of which the cost was measured. */
  readonly evaluations: number;
}

/**
 * Chooses layer sparsities by cost: at each round the layer with the greatest marginal cost `(C(s) - C(s + step)) / removed weights` is
 * pruned one step further, until the target is reached. Where a layer pays only further on, the steps up to there count together.
 *
 * Marginal costs are those of each layer alone. What all sparsities cost together is measured at the end: towards a `costReduction`, rounds
 * are added or taken back until the measured cost is below the target and, one round earlier, is not. Where costs of layers add and are
 * convex, no other choice of these steps is cheaper for the same number of weights. Costs say nothing of accuracy: `range` and `per` do.
 *
 * @param cost as `allocationCost` of `tfjs-sparsity/callbacks` makes it of an accelerator and recorded steps.
 * @throws SparsityError for both targets or neither, options out of range, an unknown option or layer, unusable scores or costs, and a
 * sparsity beyond what the ranges allow.
 * @example
 * ```ts
 * const layers = [{name: 'conv', weights: 100}, {name: 'fc', weights: 900}];
 * const cost = async ([conv, fc]: readonly number[]) => 5000 * (1 - conv) + 900 * (1 - fc); // a weight of conv is used 50 times
 * const {map} = await costDriven(layers, cost, {costReduction: 0.5, step: 0.1});
 * map.sparsities; // {conv: 0.6, fc: 0}
 * ```
 */
export async function costDriven(
  layers: readonly CostDrivenLayer[],
  cost: NetworkCost,
  options: CostDrivenOptions,
): Promise<CostDrivenResult> {
  checkCostDriven(layers, options);
  const { costReduction = 0, sparsity, range = [0, 0.98], ranges = {}, step = 0.02, per = 'weight' } = options;
  const grid = layers.map((layer) => {
    return layerLevels(layer, Object.hasOwn(ranges, layer.name) ? ranges[layer.name] : range, step, per);
  });
  const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
  const startRemoved = grid.reduce((sum, [first]) => sum + first.removed, 0);
  const wanted = sparsity === undefined ? undefined : weights - keptCount(weights, sparsity);
  if (wanted !== undefined) checkWanted(wanted / weights, startRemoved / weights, mostRemoved(grid) / weights);

  const meter = costMeter(cost);
  const steps = steepestSteps(await costLevels(grid, meter));
  const measure = (taken: readonly LevelStep[]) => meter.measure(sparsitiesAfter(grid, taken));
  const start = await measure([]);
  const most = start.total * (1 - costReduction);
  const taken =
    wanted === undefined
      ? await stepsUntilCost(steps, start.total, most, async (some) => (await measure(some)).total)
      : stepsUntilRemoved(steps, wanted - startRemoved, layers);
  const end = await measure(taken);

  const sparsities = sparsitiesAfter(grid, taken);
  let removed = startRemoved;
  const trace = taken.map((one): CostDrivenStep => {
    removed += one.removed;
    return {
      layer: layers[one.layer].name,
      sparsity: one.to.sparsity,
      removedWeights: one.removed,
      marginalCost: one.marginalCost,
      overallSparsity: removed / weights,
    };
  });
  const overallSparsity = removed / weights;
  return {
    map: {
      sparsities: Object.fromEntries(layers.map(({ name }, i) => [name, sparsities[i]])),
      ...(overallSparsity > 0 && { finalSparsity: overallSparsity }),
      unnamed: 0,
    },
    overallSparsity,
    startCost: start.total,
    cost: end.total,
    costReduction: start.total === 0 ? 0 : 1 - end.total / start.total,
    reached: wanted !== undefined || end.total <= most,
    layers: layers.map((layer, i) => ({
      layer: layer.name,
      weights: layer.weights,
      sparsity: sparsities[i],
      startCost: start.layers?.[i] ?? null,
      cost: end.layers?.[i] ?? null,
    })),
    trace,
    evaluations: meter.evaluations(),
  };
}

function sparsitiesAfter(grid: readonly (readonly LayerLevel[])[], taken: readonly LevelStep[]): readonly number[] {
  const sparsities = grid.map(([first]) => first.sparsity);
  for (const { layer, to } of taken) sparsities[layer] = to.sparsity;
  return sparsities;
}

function mostRemoved(grid: readonly (readonly LayerLevel[])[]): number {
  return grid.reduce((sum, levels) => sum + levels[levels.length - 1].removed, 0);
}

function checkWanted(got: number, least: number, most: number): void {
  if (got >= least && got <= most) return;
  const expected = `${least} to ${most}, which the ranges of the layers allow`;
  throw new SparsityError({
    what: 'sparsity of costDriven',
    got,
    expected,
    fix: 'ask for another sparsity, or widen the ranges',
  });
}
