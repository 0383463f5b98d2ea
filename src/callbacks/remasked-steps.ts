import { SparsityError } from '../errors.js';
import { sizeOf } from '../hw/bits.js';
import type { BitTensor, LayerTensors } from '../hw/index.js';
import { bitsFrom, getBit } from '../hw/index.js';
import { keptCount, type Pattern, type ScoredKernel, sparsityOf } from '../pruning/index.js';
import { topScores } from '../pruning/patterns/top-scores.js';
import type { Rng } from '../rng.js';
import type { StepJob } from './cost-engine.js';

/** What is masked anew, and how. */
export interface RemaskChoice {
  /** Layers whose weights are masked. */
  readonly layers: readonly string[];
  /** Scores of the layers whose weights are at hand. */
  readonly kernels: readonly ScoredKernel[];
  /** Puts masks on scored weights. */
  readonly pattern: Pattern;
  /** Whether pruned weights get no gradient. */
  readonly masked: boolean;
  readonly rng: Rng;
}

/** Steps with other sparsities of their layers, in the order of the choice. */
export type Remask = (sparsities: readonly number[]) => readonly StepJob[];

/**
 * Recorded steps, as if layers had other sparsities: A and E stay as they were recorded, and W is masked by the pattern where scores tell
 * which weights are pruned. Where none do, weights that were recorded as zeros go first, in an order drawn once, so that a layer keeps its own
 * pattern, and masks of higher sparsity lie in those of lower.
 */
export function remaskedSteps(jobs: readonly StepJob[], choice: RemaskChoice): Remask {
  const recorded = new Map(jobs.flatMap(({ records }) => records.map((record) => [record.layer, record] as const)));
  const masks = choice.layers.map((layer) => maskOf(recorded.get(layer) as LayerTensors, choice));
  return (sparsities) => {
    const made = new Map(choice.layers.map((layer, i) => [layer, masks[i](sparsities[i])]));
    return jobs.map(({ step, records, training }) => ({
      step,
      records: records.map((record) => withMask(record, made.get(record.layer), choice.masked)),
      training: { ...training, masked: maskedLayers(training.masked, choice) },
    }));
  };
}

/** The weights of both directions. */
type Weights = Pick<LayerTensors, 'W' | 'backwardW'>;

function maskOf({ layer, W, backwardW }: LayerTensors, { kernels, pattern, rng }: RemaskChoice): (sparsity: number) => Weights {
  const kernel = kernels.find(({ info }) => info.name === layer);
  if (kernel) {
    checkPattern(kernel, pattern);
    return (sparsity) => {
      const mask = bitsFrom(pattern(kernel.scores, kernel.info, sparsity), W.shape);
      return { W: mask, backwardW: mask };
    };
  }
  const forward = drawnMask(W, rng.fork(layer));
  const backward = backwardW === W ? undefined : drawnMask(backwardW, rng.fork(layer));
  return (sparsity) => {
    const mask = forward(sparsity);
    return { W: mask, backwardW: backward?.(sparsity) ?? mask };
  };
}

/** Of a pattern with a sparsity of its own, all sparsities would cost the same. */
function checkPattern({ scores, info }: ScoredKernel, pattern: Pattern): void {
  const [few, many] = [0.25, 0.75].map((sparsity) => sparsityOf(pattern(scores, info, sparsity)));
  if (few !== many || keptCount(scores.length, 0.25) === keptCount(scores.length, 0.75)) return;
  const fix = 'pass unstructured() or blockBudgets({...}), or exclude the layer';
  throw new SparsityError({
    what: `pattern on layer ${info.name}`,
    got: `sparsity ${few} whatever is asked for`,
    expected: 'one that takes any sparsity',
    fix,
  });
}

/** Masks that keep recorded non-zeros before zeros, in an order drawn once. */
function drawnMask(bits: BitTensor, rng: Rng): (sparsity: number) => BitTensor {
  const size = sizeOf(bits.shape);
  const order = Float32Array.from({ length: size }, (_, i) => rng.uniform() + (getBit(bits, i) ? 2 : 0));
  return (sparsity) => bitsFrom(topScores(order, keptCount(size, sparsity)), bits.shape);
}

function withMask(record: LayerTensors, weights: Weights | undefined, masked: boolean): LayerTensors {
  if (!weights) return record;
  return { ...record, ...weights, ...(masked && record.G && { G: weights.W }) };
}

function maskedLayers(recorded: readonly string[], { layers, masked }: RemaskChoice): readonly string[] {
  const others = recorded.filter((layer) => !layers.includes(layer));
  return masked ? [...others, ...layers] : others;
}
