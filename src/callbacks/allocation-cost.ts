import { checkOptionNames } from '../check-options.js';
import { SparsityError } from '../errors.js';
import { sizeOf } from '../hw/bits.js';
import { type Accelerator, addCosts, type Cost, costOf, emptyCost, scaleCost, trainingWorks } from '../hw/index.js';
import { nearest } from '../nearest.js';
import { wholeName } from '../ops/tap/kernel-parts.js';
import { checkChoice } from '../pruning/check.js';
import {
  type CostDrivenLayer,
  type LayerCosts,
  type NetworkCost,
  type Pattern,
  type ScoredKernel,
  unstructured,
} from '../pruning/index.js';
import { checkNamed } from '../pruning/name-pattern.js';
import { namesIn } from '../pruning/names-in.js';
import { createRng } from '../rng.js';
import { checkAccelerators } from './check-accelerators.js';
import type { StepJob } from './cost-engine.js';
import { remaskedSteps } from './remasked-steps.js';

/** What counts as cost: cycles, picojoule, or their product. */
export type AllocationMetric = 'cycles' | 'energy' | 'edp';

/** Options of {@link allocationCost}. */
export interface AllocationCostOptions {
  /** What the steps are run on, each time from power-on. */
  readonly accelerator: Accelerator;
  /**
   * `cycles`, `energy` in pJ, or their product `edp` in pJ cycles.
   * @default 'cycles'
   */
  readonly metric?: AllocationMetric | undefined;
  /**
   * A whole training step, or its forward pass alone.
   * @default 'training'
   */
  readonly phases?: 'training' | 'forward' | undefined;
  /**
   * The layers to prune and the scores of their weights, by which masks are made.
   * @default all trained layers of the steps; their recorded non-zeros stay the longest, and who goes first is drawn
   */
  readonly kernels?: readonly ScoredKernel[] | undefined;
  /**
   * Where weights of `kernels` may stay.
   * @default unstructured()
   */
  readonly pattern?: Pattern | undefined;
  /**
   * Names of layers that stay as they were recorded.
   * @default none
   */
  readonly exclude?: readonly string[] | undefined;
  /**
   * What becomes of pruned weights: `zero`, they get no gradient and no update; `dense-master`, they do.
   * @default 'zero'
   */
  readonly pruned?: 'zero' | 'dense-master' | undefined;
  /**
   * Decides which weights go first where no scores do.
   * @default 0
   */
  readonly seed?: number | string | undefined;
}

/** Layers and a cost, as `costDriven` of `tfjs-sparsity/pruning` takes them. */
export interface AllocationCost {
  readonly layers: readonly CostDrivenLayer[];
  /** Trained layers that stay as they were recorded. */
  readonly others: readonly string[];
  readonly cost: NetworkCost;
}

/** The options by name. */
export const allocationCostOptionNames = {
  accelerator: true,
  metric: true,
  phases: true,
  kernels: true,
  pattern: true,
  exclude: true,
  pruned: true,
  seed: true,
} as const satisfies Record<keyof AllocationCostOptions, true>;

/**
 * What recorded training steps cost on an accelerator when layers have other sparsities: W is masked anew, A and E stay as they were
 * recorded, so that this is the cost to first order. Mean of the steps, modelled; by layer too. With `edp` the costs by layer are the
 * product's first-order change at the recorded steps, `cycles * energy of the layer + energy * cycles of the layer`; the total is exact.
 *
 * @param jobs at least one, with the same layers.
 * @throws SparsityError for no step, unknown options or layers, kernels that do not fit, and what the accelerator refuses.
 * @example
 * ```ts
 * const records = [...syntheticRecords(network('lenet5', {batch: 1}), {seed: 1, sparsity: {W: 0, A: 0.5}})];
 * const {layers, cost} = allocationCost([{step: 0, records, training: {slots: 2, masked: []}}], {accelerator: acf()});
 * (await costDriven(layers, cost, {costReduction: 0.3})).reached; // true
 * ```
 */
export function allocationCost(jobs: readonly StepJob[], options: AllocationCostOptions): AllocationCost {
  checkOptionNames('allocationCost', options, allocationCostOptionNames);
  const { accelerator, metric = 'cycles', phases = 'training', pruned = 'zero', exclude = [], seed = 0 } = options;
  const { kernels, pattern = unstructured() } = options;
  checkAccelerators('allocationCost.accelerator', [accelerator]);
  checkChoice('metric', metric, ['cycles', 'energy', 'edp']);
  checkChoice('phases', phases, ['training', 'forward']);
  checkChoice('pruned', pruned, ['zero', 'dense-master']);
  const { layers, others, partsOf } = layersToPrune(jobs, kernels, exclude);
  const names = layers.map(({ name }) => name);
  for (const named of namesIn(pattern.config)) checkNamed(`${named.option} of allocationCost`, named.names, names);
  const choice = {
    layers: names.flatMap(partsOf),
    kernels: kernels ?? [],
    pattern,
    masked: pruned === 'zero',
    rng: createRng(`${seed}/allocation`),
  };
  const remask = remaskedSteps(jobs, choice);
  const measure = (steps: readonly StepJob[]) => stepCosts(steps, accelerator, phases);
  const recorded = metric === 'edp' ? addCosts(...measure(jobs).values()) : emptyCost();
  return {
    layers,
    others,
    cost: async (sparsities): Promise<LayerCosts> => {
      const costs = measure(remask(names.flatMap((name, i) => partsOf(name).map(() => sparsities[i]))));
      const own = names.map((name) => addCosts(...partsOf(name).map((part) => costs.get(part) ?? emptyCost())));
      const total = addCosts(...costs.values());
      if (metric === 'cycles') return { total: total.cycles, layers: own.map(({ cycles }) => cycles) };
      if (metric === 'energy') return { total: total.energyPj, layers: own.map(({ energyPj }) => energyPj) };
      const change = ({ cycles, energyPj }: Cost) => recorded.cycles * energyPj + recorded.energyPj * cycles;
      return { total: total.cycles * total.energyPj, layers: own.map(change) };
    },
  };
}

/** Mean cost of a step, by layer. */
function stepCosts(
  jobs: readonly StepJob[],
  accelerator: Accelerator,
  phases: 'training' | 'forward',
): ReadonlyMap<string, Cost> {
  const run = accelerator.start();
  const sums = new Map<string, Cost>();
  for (const { records, training } of jobs) {
    const works = trainingWorks(records, training).filter(({ phase }) => phases === 'training' || phase === 'forward');
    for (const counts of run.executeStep(works).works) {
      const cost = scaleCost(costOf(counts, accelerator.energyTable), 1 / jobs.length);
      sums.set(counts.layer, addCosts(sums.get(counts.layer) ?? emptyCost(), cost));
    }
  }
  return sums;
}

interface LayersToPrune extends Omit<AllocationCost, 'cost'> {
  /** The names under which the products of a layer's kernel were recorded. */
  partsOf(layer: string): readonly string[];
}

/** The parts of a kernel that is cut before it is multiplied count as one, as methods prune it; not where their own scores are given. */
function layersToPrune(
  jobs: readonly StepJob[],
  kernels: readonly ScoredKernel[] | undefined,
  exclude: readonly string[],
): LayersToPrune {
  const trained = jobs.flatMap(({ records }) => records.filter(({ G, kernelRole }) => G && kernelRole !== 'A'));
  const recorded = new Map(trained.map(({ layer, W }) => [layer, sizeOf(W.shape)]));
  const sizes = new Map<string, number>();
  const parts = new Map<string, string[]>();
  for (const [part, size] of recorded) {
    const name = kernels ? part : wholeName(part);
    sizes.set(name, (sizes.get(name) ?? 0) + size);
    parts.set(name, [...(parts.get(name) ?? []), part]);
  }
  const names = [...sizes.keys()];
  for (const name of [...exclude, ...(kernels ?? []).map(({ info }) => info.name)]) {
    if (sizes.has(name)) continue;
    const expected = `names among ${names.join(', ') || 'none, as no layer of the steps is trained'}`;
    throw new SparsityError({ what: 'layer of the recorded steps', got: name, expected, fix: nearest(name, names) });
  }
  const scores = new Map(kernels?.map((kernel) => [kernel.info.name, kernel.scores]));
  const pruned = names.filter((name) => !exclude.includes(name) && (!kernels || scores.has(name)));
  if (pruned.length === 0) {
    const fix = 'record a step with trained dense or convolution layers, and leave one to prune';
    throw new SparsityError({ what: 'layers of the recorded steps', got: 'none to prune', expected: 'one at least', fix });
  }
  const layers = pruned.map((name) => {
    const [weights, own] = [sizes.get(name) as number, scores.get(name)];
    if (own === undefined) return { name, weights };
    if (own.length === weights) return { name, weights, scores: own };
    const fix = 'pass the scores of the model whose steps were recorded';
    throw new SparsityError({ what: `scores of layer ${name}`, got: own.length, expected: `${weights}, as recorded`, fix });
  });
  const others = names.filter((name) => !pruned.includes(name));
  return { layers, others, partsOf: (layer) => parts.get(layer) as string[] };
}
