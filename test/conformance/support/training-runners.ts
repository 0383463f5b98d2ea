import * as tf from '@tensorflow/tfjs';
import { pruning } from 'tfjs-sparsity/callbacks';
import { maskedDense, maskedOps, optimizerSlots } from 'tfjs-sparsity/ops';
import {
  bdwp,
  biMask,
  type LayerMasks,
  nm,
  type PruningMethod,
  sdgp,
  sdwp,
  srSte,
  ste,
  swat,
  topKast,
  transposableMask,
} from 'tfjs-sparsity/pruning';
import { createRng } from '../../../src/rng.js';
import { expectKeys, expectNear } from './compare.js';
import { infoOf, scoresOf } from './kernels.js';
import { LeftOut } from './left-out.js';
import { type Case, type Runners, shapeOf, type Value } from './pruning-cases.js';

/** The method that a case is about; where its origin has no name of one, two masks of the dense weights are BDWP's, one is (SR-)STE's. */
function methodOf({ origin, input, expected }: Case): PruningMethod {
  const pair = { n: input.keep, m: input.of };
  const options = { ...pair, decay: input.lambda_w ?? 0 };
  const sparsity = 1 - input.keep / input.of;
  if (/bi-?mask/i.test(origin)) return biMask(options);
  if (/sdgp/i.test(origin)) return sdgp({ ...pair, rescale: /maxnorm/i.test(origin) ? 'maxnorm' : 'none' });
  if (/sdwp/i.test(origin)) return sdwp(pair);
  if (/swat/i.test(origin)) return swat({ sparsity });
  if (/top-?kast/i.test(origin)) return topKast({ sparsity });
  if (/transposable/i.test(origin)) return transposableMask(options);
  const [isBdwp, isSte] = [/bdwp|2309\.13015/i, /sr-?ste|nm-sparsity|\bste\b/i].map((name) => name.test(origin));
  if (isBdwp || (!isSte && 'mask_backward' in expected)) return bdwp(options);
  return options.decay > 0 ? srSte(options) : ste({ sparsity, pattern: nm(pair) });
}

/** One pass through a dense layer with the masks of a method, and the operands that it thins. */
function trainStep(test: Case): void {
  const { x, W, dy, keep, of, layer } = test.input;
  if (!/^dense y=x\.W, W\[in, ?out\]/.test(layer)) throw new Error(`unknown layer: ${layer}`);
  const state = { info: infoOf(shapeOf(W)), weights: scoresOf(W), masks: undefined };
  const method = methodOf(test);
  const context = { step: 0, sparsity: 1 - keep / of, rng: createRng(0) };
  const [made] = method.updateMasks([state], context) as [LayerMasks];
  const thinning = method.thin?.(state.info, context);
  const thinned = thinning?.backwardE?.(scoresOf(dy), shapeOf(dy));
  const tensors = tf.tidy(() => {
    const mask = (values: Uint8Array | null) => values && tf.tensor(Array.from(values), state.info.shape as number[]);
    const masks = { forward: mask(made.forward), backward: mask(made.backward), gradient: mask(made.gradient) };
    const options = { ...masks, decay: method.decay, thinning: thinning ?? null };
    const op = (A: tf.Tensor, w: tf.Tensor) => maskedOps.matMul(A, w, options);
    const [dx, dW] = tf.grads(op)([tf.tensor(x), tf.tensor(W)], tf.tensor(dy));
    return { y: op(tf.tensor(x), tf.tensor(W)).arraySync(), dx: dx.arraySync(), dW: dW.arraySync() };
  });
  expectKeys(test.expected, {
    ...tensors,
    ...(made.forward && { mask_forward: made.forward }),
    ...(made.backward && { mask_backward: made.backward }),
    ...(thinned && { dy_s: [...thinned], dy_sparse: [...thinned] }),
  });
}

/** A pruned weight under SR-STE without data gradient: its own decay, through plain SGD. */
function decayTrajectory({ lambda_w, lr, steps, w_pruned }: Value): number[] {
  const W = tf.tidy(() => tf.variable(tf.tensor2d([[1], [w_pruned]])));
  const optimizer = tf.train.sgd(lr);
  const stored = [w_pruned];
  for (let step = 0; step < steps; step++) {
    tf.tidy(() => {
      const options = { forward: tf.tensor2d([[1], [0]]), gradient: null, decay: lambda_w };
      optimizer.minimize(() => maskedOps.matMul(tf.zeros([1, 2]), W, options).asScalar());
    });
    stored.push(W.dataSync()[1]);
  }
  W.dispose();
  optimizer.dispose();
  return stored;
}

/** Stored weights and velocity after each step under a fixed mask and a constant gradient, as a method declares its slots. */
async function storedAfterEach(input: Value, slots: PruningMethod['slots']): Promise<{ stored: number[]; velocity: number[] }[]> {
  const { grad, lr, mask, momentum, steps, weights } = input;
  const bits = Uint8Array.from(mask);
  const method: PruningMethod = {
    name: 'fixed',
    pruned: 'zero',
    slots,
    schedule: (step) => ({ sparsity: 0.5, update: step === 0 }),
    decay: 0,
    config: { name: 'fixed' },
    skip: () => undefined,
    updateMasks: () => [{ forward: bits, backward: bits, gradient: slots === 'zero' ? bits : null }],
  };
  const model = tf.sequential({ layers: [maskedDense({ units: 1, useBias: false, inputShape: [weights.length] })] });
  // With the mean of y = x.W as the loss, x is the gradient.
  model.compile({ optimizer: tf.train.momentum(lr, momentum), loss: (_: tf.Tensor, y: tf.Tensor) => y.mean() });
  const [x, y, start] = [tf.tensor2d([grad]), tf.zeros([1, 1]), tf.tensor2d(weights, [weights.length, 1])];
  model.setWeights([start]);
  const after: { stored: number[]; velocity: number[] }[] = [];
  const read = async () => {
    const variable = model.layers[0].weights[0].read() as tf.Variable;
    const [velocity] = optimizerSlots(model.optimizer, variable);
    after.push({ stored: [...(await variable.data())], velocity: [...(await velocity.data())] });
  };
  const callbacks = [pruning(method), { onBatchEnd: read }] as unknown as tf.Callback[];
  await model.fit(x, y, { epochs: steps, batchSize: 1, verbose: 0, callbacks });
  const { c: learningRate } = model.optimizer as unknown as { c: tf.Scalar }; // tfjs's momentum optimizer forgets it
  tf.dispose([x, y, start, learningRate]);
  model.optimizer.dispose();
  model.dispose();
  return after;
}

/** ASP and GraNet mask the slots with the weights, jaxpruner leaves them; which of the two a case means, its figures say. */
async function trajectory({ input, expected }: Case): Promise<void> {
  const steps: { stored: number[]; velocity: number[] }[] = expected;
  const pruned = (values: readonly number[]) => values.filter((value, i) => input.mask[i] === 0 && value !== 0);
  if (steps.some(({ stored }) => pruned(stored).length > 0)) {
    throw new LeftOut('tfmot leaves pruned weights other than 0 between steps (its issue 206); here they are 0');
  }
  const slots = steps.some(({ velocity }) => pruned(velocity).length > 0) ? 'keep' : 'zero';
  const got = await storedAfterEach(input, slots);
  if (got.length !== steps.length) throw new Error(`${got.length} steps, expected ${steps.length}`);
  steps.forEach((step, i) => {
    expectKeys(step, got[i]);
  });
}

/** Training with masks: gradients of one step, weights over several. */
export const trainingRunners: Runners = {
  'train.step {W, dy, keep, lambda_w, layer, of, x}': trainStep,
  'train.step {W, dy, keep, layer, of, x}': trainStep,
  'train.traj {grad, lr, mask, momentum, steps, weights}': trajectory,
  'train.traj {lambda_w, lr, steps, w_pruned}': ({ input, expected }) => expectNear(decayTrajectory(input), expected),
};
