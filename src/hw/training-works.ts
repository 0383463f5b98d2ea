import { productBackward, productForward } from './activation-product.js';
import type { BitTensor, GemmWork, LayerTensors, Operand, PhaseWork, UpdateWork } from './contracts.js';

/** What the training method and the optimizer do, for {@link trainingWorks}. */
export interface TrainingOptions {
  /** Optimizer slots per weight: 0 for SGD, 1 for momentum, 2 for Adam. */
  readonly slots: number;
  /** Names of the layers whose pruned weights receive no gradient and are not updated (methods that keep them at zero). */
  readonly masked: readonly string[];
  /** Names of those among them whose whole gradient the method looks at in this step, to score what it may grow. @default none */
  readonly wholeGradient?: readonly string[] | undefined;
}

/**
 * The works of one training step, in its order: all forward GEMMs; then, from the last layer to the first, input gradient (only where
 * it is needed) and weight gradient; then one update per layer, however often it is used. A frozen layer has neither of the last two.
 *
 * A product of two activations (`kernelRole: 'A'`) has no weights: the gradients of both factors are input gradients, dX = E Z^T and
 * dZ^T = E^T X, and each group of its works is one head of one image. Where images were sampled these works are repeated up to the
 * batch, since images share no operand.
 *
 * In a `masked` layer a weight gradient is wanted where W or G is not zero: what a mask is seen to keep (ledger E2); else, and in a step in
 * which the method takes the `wholeGradient`, all of it. What is wanted is updated: weights that have just grown are 0, but have a gradient.
 *
 * @param records one per use of a layer, in the order of the forward pass.
 * @example
 * ```ts
 * const ones = (...shape: number[]) => onesBits(shape);
 * const [W, A, E] = [ones(3, 4), ones(2, 3), ones(2, 4)];
 * const nest = denseNest({batch: 2, inFeatures: 3, outFeatures: 4});
 * const fc = {layer: 'fc', use: 0, nest, W, backwardW: W, A, E, G: W, needsInputGradient: false, batchTotal: 2};
 * trainingWorks([fc], {slots: 2, masked: ['fc']}).map((work) => work.phase); // ['forward', 'weightGradient', 'weightUpdate']
 * ```
 */
export function trainingWorks(records: readonly LayerTensors[], options: TrainingOptions): readonly PhaseWork[] {
  return [
    ...records.flatMap(forward),
    ...records.toReversed().flatMap((record) => [...inputGradient(record), ...weightGradient(record, options)]),
    ...updates(records, options),
  ];
}

function forward(record: LayerTensors): readonly GemmWork[] {
  if (record.kernelRole === 'A') return productForward(record);
  return [{ ...common(record), phase: 'forward', input: operand(record, 'A', record.A), kernel: operand(record, 'W', record.W) }];
}

function inputGradient(record: LayerTensors): readonly GemmWork[] {
  const { needsInputGradient, E, backwardE = E, backwardW } = record;
  if (!needsInputGradient || !E || !backwardE) return [];
  if (record.kernelRole === 'A') return productBackward(record, E);
  const [input, kernel] = [operand(record, 'E', backwardE), operand(record, 'W', backwardW)];
  return [{ ...common(record), phase: 'inputGradient', input, kernel }];
}

function weightGradient(record: LayerTensors, { masked, wholeGradient = [] }: TrainingOptions): GemmWork[] {
  const { layer, A, gradientA = A, E, G, W } = record;
  if (!E || !G) return [];
  const work = {
    ...common(record),
    phase: 'weightGradient',
    input: operand(record, 'A', gradientA),
    kernel: operand(record, 'E', E),
  } as const;
  const isMasked = masked.includes(layer) && !wholeGradient.includes(layer);
  return [isMasked ? { ...work, output: operand(record, 'G', union(W, G)) } : work];
}

/** An update for each layer; a weight of a shared one is wanted where any use has a gradient for it. */
function updates(records: readonly LayerTensors[], { slots, masked }: TrainingOptions): readonly UpdateWork[] {
  const kept = new Map<string, { readonly record: LayerTensors; readonly nonzeros: BitTensor }>();
  for (const record of records) {
    const { layer, W, G } = record;
    if (!G) continue;
    const before = kept.get(layer) ?? { record, nonzeros: W };
    kept.set(layer, masked.includes(layer) ? { ...before, nonzeros: union(before.nonzeros, G) } : before);
  }
  return [...kept].map(([layer, { record, nonzeros }]) => ({
    kind: 'update',
    layer,
    phase: 'weightUpdate',
    weights: operand(record, 'W', nonzeros),
    slots,
    masked: masked.includes(layer),
  }));
}

function common({ layer, nest, batchTotal }: LayerTensors) {
  return { kind: 'gemm', layer, nest, imageScale: batchTotal / nest.batch } as const;
}

function operand(record: LayerTensors, role: Operand['role'], nonzeros: BitTensor): Operand {
  return { role, source: record.layer, nonzeros };
}

function union(a: BitTensor, b: BitTensor): BitTensor {
  return { shape: a.shape, words: a.words.map((word, i) => word | b.words[i]) };
}
