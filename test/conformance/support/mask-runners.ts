import {
  globalAllocation,
  gradualMagnitude,
  type KernelState,
  type LayerMasks,
  type UnstructuredOptions,
  unstructured,
} from 'tfjs-sparsity/pruning';
import { createRng } from '../../../src/rng.js';
import { expectKeys } from './compare.js';
import { forwardOf, infoOf, magnitudesOf, onesOf, profileOf, scoresOf } from './kernels.js';
import { flat, type Runners, shapeOf, type Value } from './pruning-cases.js';

type Profile = NonNullable<UnstructuredOptions['profile']>;

const maskOf = (scores: Float32Array, shape: readonly number[], sparsity: number, profile: Profile) =>
  unstructured({ profile })(scores, infoOf(shape), sparsity);

/** The mask of scores as each library takes them: tfmot knows weights only, and ranks them by magnitude. */
const byScores = (scores: Value, sparsity: number, profile: Profile) =>
  maskOf(profile === 'tfmot' ? magnitudesOf(scores) : scoresOf(scores), shapeOf(scores), sparsity, profile);

const byWeights = (weights: Value, sparsity: number, profile: Profile) =>
  maskOf(magnitudesOf(weights), shapeOf(weights), sparsity, profile);

const masked = (weights: Value, mask: Uint8Array) => flat(weights).map((weight, i) => weight * mask[i]);
const nonzeros = (values: readonly number[]) => values.filter((value) => value !== 0).length;

/** One threshold over all layers, through the method: the scores stand for weights that are their own scores. */
function globalMasks(layers: Readonly<Record<string, Value>>, sparsity: number, normalise: 'none' | 'l2') {
  const names = Object.keys(layers).sort(); // as jaxpruner orders them, which decides ties
  const kernels = names.map((name): KernelState => {
    return { info: { ...infoOf(shapeOf(layers[name])), name }, weights: scoresOf(layers[name]), masks: undefined };
  });
  const method = gradualMagnitude({
    endStep: 1,
    score: ({ weights }) => weights,
    pattern: unstructured({ profile: 'jaxpruner' }),
    allocation: globalAllocation({ normalise, profile: 'jaxpruner' }),
  });
  const masks = method.updateMasks(kernels, { step: 1, sparsity, rng: createRng(0) });
  return Object.fromEntries(names.map((name, i) => [name, forwardOf(masks[i], kernels[i].weights.length)]));
}

/** Non-zeros after each update of the masks, when pruned weights are 0 from then on. */
function nonzerosAfterEach(weights: Value, sparsities: readonly number[], profile: Profile): number[] {
  const method = gradualMagnitude({ endStep: 10, pattern: unstructured({ profile }) });
  const kernel = { info: infoOf(shapeOf(weights)), weights: scoresOf(weights) };
  let masks: LayerMasks | undefined;
  return sparsities.map((sparsity, step) => {
    [masks] = method.updateMasks([{ ...kernel, masks }], { step, sparsity, rng: createRng(0) });
    const mask = forwardOf(masks, kernel.weights.length);
    kernel.weights = kernel.weights.map((weight, i) => weight * mask[i]);
    return nonzeros([...kernel.weights]);
  });
}

function normaliseOf(text: Value): 'none' | 'l2' {
  if (/L2norm\+1e-8/.test(text)) return 'l2';
  if (text === 'none' || text === null || text === false) return 'none';
  throw new Error(`unknown normalisation: ${text}`);
}

/** Unstructured masks: counts, ties, thresholds. */
export const maskRunners: Runners = {
  'mask.apply {sparsity, weights}': (test) => {
    const { weights, sparsity } = test.input;
    expectKeys(test.expected, { pruned: masked(weights, byWeights(weights, sparsity, profileOf(test))) });
  },

  'mask.contrast {scores, sparsity}': ({ input: { scores, sparsity }, expected }) => {
    const by = (profile: Profile) => byScores(scores, sparsity, profile);
    const zeros = (profile: Profile) => by(profile).length - onesOf(by(profile));
    expectKeys(expected, {
      tfmot: by('tfmot'),
      jaxpruner: by('jaxpruner'),
      sparseml_new: by('sparseml'),
      rigl_random_n_zeros: zeros('rigl'),
      torch_prune_l1_n_pruned: zeros('torch'),
      pat_ceil_n_pruned: zeros('pat'),
    });
  },

  'mask.count {size, sparsity}': (test) => {
    const { size, sparsity } = test.input;
    const scores = Float32Array.from({ length: size }, (_, i) => i);
    expectKeys(test.expected, { ones: onesOf(maskOf(scores, [size], sparsity, profileOf(test))) });
  },
  'mask.count {sparsity, weights}': (test) => {
    const { weights, sparsity } = test.input;
    expectKeys(test.expected, { nonzero: nonzeros(masked(weights, byWeights(weights, sparsity, profileOf(test)))) });
  },

  'mask.global {normalise, scores, sparsity}': ({ input: { scores, sparsity, normalise }, expected }) =>
    expectKeys(expected, globalMasks(scores, sparsity, normaliseOf(normalise))),

  'mask.sequence {sparsity_per_step, weights}': (test) => {
    const { weights, sparsity_per_step: sparsities } = test.input;
    expectKeys(test.expected, { nonzero_after_each: nonzerosAfterEach(weights, sparsities, profileOf(test)) });
  },

  'mask.unstructured {scores, sparsity}': ({ input: { scores, sparsity }, expected }) =>
    expectKeys(expected, { mask: byScores(scores, sparsity, 'jaxpruner'), tfmot_mask: byScores(scores, sparsity, 'tfmot') }),
  'mask.unstructured {sparsity, weights}': (test) => {
    const { weights, sparsity } = test.input;
    const mask = byWeights(weights, sparsity, profileOf(test));
    const threshold = Math.min(...magnitudesOf(weights).filter((_, i) => mask[i] === 1));
    expectKeys(test.expected, { mask, threshold });
  },
};
