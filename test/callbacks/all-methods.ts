import * as tf from '@tensorflow/tfjs';
import { maskedConv2d, maskedDense, sparsify } from 'tfjs-sparsity/ops';
import {
  acdc,
  bdwp,
  biMask,
  dropBack,
  gradualMagnitude,
  granet,
  hardwareAware,
  movementScore,
  nm,
  oneShot,
  type PruningMethod,
  perLayer,
  polynomialSchedule,
  rigl,
  sdgp,
  sdwp,
  snip,
  sparseEvolution,
  sparseTrain,
  srSte,
  staticSparse,
  ste,
  swat,
  topKast,
  transposableMask,
} from 'tfjs-sparsity/pruning';
import { createRng } from '../../src/rng.js';

const pair = { n: 2, m: 4 };

/** Every method of the package under its name, and variants of some, with settings that do something within a few steps. */
export const allMethods: Readonly<Record<string, () => PruningMethod>> = {
  acdc: () => acdc({ sparsity: 0.5, beginStep: 1, endStep: 5, sparseSteps: 2, denseSteps: 2 }),
  bdwp: () => bdwp({ ...pair, decay: 0.01 }),
  'bdwp, N:M weight update': () => bdwp({ ...pair, decay: 0.01, weightUpdate: { n: 3, m: 4 } }),
  'bdwp, shared outputs': () => bdwp({ ...pair, decay: 0.01, sharedOutputs: 4 }),
  'bi-mask': () => biMask({ ...pair, decay: 0.01 }),
  'bi-mask, permuted': () => biMask({ ...pair, decay: 0.01, permutations: 4, frequency: 3, seed: 5 }),
  gradual: () => gradualMagnitude({ finalSparsity: 0.8, endStep: 4, frequency: 2 }),
  'gradual, regrowing': () => gradualMagnitude({ finalSparsity: 0.8, endStep: 4, regrow: true }),
  'gradual, by movement': () => gradualMagnitude({ finalSparsity: 0.8, beginStep: 1, endStep: 4, score: movementScore() }),
  granet: () => granet({ initialSparsity: 0.3, finalSparsity: 0.8, endStep: 4, frequency: 2 }),
  'granet, begun later': () => granet({ initialSparsity: 0.3, finalSparsity: 0.8, beginStep: 2, endStep: 4, frequency: 1 }),
  'hardware-aware': () =>
    hardwareAware({ finalSparsity: 0.8, endStep: 4, frequency: 2, block: { kind: 'nm', m: 4 }, regulariser: { lambda: 0.01 } }),
  'one-shot': () => oneShot({ step: 2, pattern: nm(pair) }),
  dropback: () => dropBack({ sparsity: 0.7 }),
  'dropback, faded soon': () => dropBack({ sparsity: 0.7, initialDecay: 1e-4 }),
  'per-layer': () =>
    perLayer({
      methods: {
        'c*': gradualMagnitude({ finalSparsity: 0.8, endStep: 4, frequency: 2, score: movementScore() }),
        '*': sparseEvolution({ sparsity: 0.6, frequency: 2, endStep: 8, anneal: 'constant' }),
      },
    }),
  'per-layer, masters beside zeros': () =>
    perLayer({
      methods: { conv: srSte({ ...pair, decay: 0.01 }), '/^h/': gradualMagnitude({ finalSparsity: 0.8, endStep: 4 }) },
    }),
  rigl: () => rigl({ sparsity: 0.6, frequency: 2, endStep: 8, anneal: 'constant' }),
  'rigl, begun later': () => rigl({ sparsity: 0.6, beginStep: 3, frequency: 1, endStep: 8, anneal: 'constant' }),
  sdgp: () => sdgp({ ...pair, beginStep: 1 }),
  'sdgp, maxnorm': () => sdgp({ ...pair, rescale: 'maxnorm' }),
  sdwp: () => sdwp(pair),
  set: () => sparseEvolution({ sparsity: 0.6, frequency: 2, endStep: 8, anneal: 'constant' }),
  snip: () => snip({ sparsity: 0.7 }),
  'snip, of pairs': () => snip({ pattern: nm(pair) }),
  'sparse-train': () => sparseTrain({ pruningRate: 0.8, beginStep: 1 }),
  'sr-ste': () => srSte({ ...pair, decay: 0.01 }),
  'sr-ste, shared outputs': () => srSte({ ...pair, decay: 0.01, sharedOutputs: 4 }),
  static: () => staticSparse({ sparsity: 0.6 }),
  'static, of pairs': () => staticSparse({ pattern: nm(pair) }),
  ste: () => ste({ sparsity: 0.7, frequency: 2 }),
  'ste, along a ramp': () =>
    ste({ schedule: polynomialSchedule({ finalSparsity: 0.8, beginStep: 1, endStep: 4, frequency: 1 }) }),
  swat: () => swat({ sparsity: 0.7, activationSparsity: 0.5, beginStep: 1, frequency: 2 }),
  'top-kast': () => topKast({ sparsity: 0.8, gradientSparsity: 0.4, penalty: 0.01 }),
  'transposable-nm': () => transposableMask({ ...pair, decay: 0.01 }),
  'transposable-nm, zero': () => transposableMask({ ...pair, pruned: 'zero', beginStep: 1 }),
};

/** A small network of masked layers on 6x6 images, the same at each call, that both executions can take; unnamed, but for the names. */
export function smallModel(execution: 'dense' | 'sparse', optimizer: tf.Optimizer, named = true): tf.LayersModel {
  const initializer = (seed: number) => ({ kernelInitializer: tf.initializers.glorotNormal({ seed }) });
  const called = (name: string) => (named ? { name } : {});
  const masked = tf.sequential({
    layers: [
      maskedConv2d({
        ...called('conv'),
        filters: 8,
        kernelSize: 3,
        activation: 'relu',
        inputShape: [6, 6, 8],
        ...initializer(1),
      }),
      tf.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }),
      maskedDense({ ...called('hidden'), units: 8, activation: 'relu', ...initializer(2) }),
      maskedDense({ ...called('head'), units: 8, useBias: false, ...initializer(3) }),
    ],
  });
  const model = sparsify(masked, { execution, breakEven: 0 });
  masked.dispose();
  model.compile({ optimizer, loss: 'meanSquaredError' });
  return model;
}

/** Images and targets for it. */
export function smallData(count: number) {
  const rng = createRng('small data');
  const values = (size: number) => Float32Array.from({ length: size }, () => rng.normal());
  return {
    xs: { data: values(count * 288), shape: [count, 6, 6, 8] },
    ys: { data: values(count * 8), shape: [count, 8] },
  };
}
