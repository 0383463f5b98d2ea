import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import {
  maskedConv1d,
  maskedConv2d,
  maskedDense,
  maskedDepthwiseConv2d,
  prunableKernels,
  sparsify,
  sparsifyReport,
} from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { optimizers } from '../support/optimizers.js';
import { relativeDifference } from './support/tapped-values.js';

type Kernel = ReturnType<typeof prunableKernels>[number];

const treatment = { pruned: 'zero', slots: 'zero', decay: 0 } as const;

/** Random masks of three kinds of weights: M_f, M_b and M_g may differ, as for dense masters. */
function mask(kernel: Kernel, sparsity: number, seed = 0, differing = false): void {
  const size = kernel.readKernel().length;
  const draw = (name: string) => {
    const rng = createRng(`${seed}/${kernel.info.name}/${name}`);
    return Uint8Array.from({ length: size }, () => (rng.uniform() < sparsity ? 0 : 1));
  };
  const forward = draw('forward');
  if (!differing) kernel.repack({ forward, backward: forward, gradient: forward }, treatment);
  else {
    const masks = { forward, backward: draw('backward'), gradient: draw('gradient') };
    kernel.repack(masks, { pruned: 'dense-master', slots: 'keep', decay: 0.1 });
  }
}

/** What tf's own ops give as the gradient by W, at W.M_f: that of a stock layer that holds the effective weights. */
function ownGradient(layer: tf.layers.Layer, kernel: Kernel, x: tf.Tensor): Float32Array {
  const { forward } = kernel.masks;
  const effective = kernel.readKernel().map((value, i) => (forward && !forward[i] ? 0 : value));
  return tf.tidy(() => {
    layer.apply(x);
    layer.setWeights([tf.tensor(effective, kernel.info.shape as number[])]);
    const { grads } = tf.variableGrads(() => (layer.apply(x) as tf.Tensor).square().sum().asScalar());
    return (Object.values(grads)[0] as tf.Tensor).dataSync<'float32'>().slice();
  });
}

const window = { kernelSize: 2, useBias: false } as const;
const kinds = {
  dense: [maskedDense({ units: 5, useBias: false }), tf.layers.dense({ units: 5, useBias: false }), [3, 4]],
  conv1d: [maskedConv1d({ filters: 3, ...window }), tf.layers.conv1d({ filters: 3, ...window }), [2, 6, 4]],
  conv2d: [maskedConv2d({ filters: 3, ...window }), tf.layers.conv2d({ filters: 3, ...window }), [2, 5, 4, 3]],
  depthwiseConv2d: [maskedDepthwiseConv2d(window), tf.layers.depthwiseConv2d(window), [2, 5, 4, 3]],
} as const;

describe('the dense gradient of a kernel', () => {
  it.each(Object.entries(kinds))(
    '%s: is that of tfjs by the effective weights, whatever the masks, decay and terms',
    async (_, kind) => {
      const [masked, stock, shape] = kind;
      const x = tf.randomNormal([...shape], 0, 1, 'float32', 3);
      const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: shape.slice(1) }), masked] });
      const [kernel] = prunableKernels(model) as [Kernel];
      const gradients = () => tf.tidy(() => void tf.variableGrads(() => (model.apply(x) as tf.Tensor).square().sum().asScalar()));
      tf.dispose(stock.apply(x) as tf.Tensor);
      await expectNoLeak(() => {
        for (const differing of [undefined, false, true]) {
          if (differing !== undefined) mask(kernel, 0.6, 1, differing);
          kernel.addToGradient(kernel.readKernel().fill(7));
          kernel.collectGradient(true);
          expect(kernel.gradient()).toBeUndefined();
          gradients();
          const expected = ownGradient(stock, kernel, x);
          expect(relativeDifference(kernel.gradient() as Float32Array, Float64Array.from(expected))).toBeLessThan(1e-4);
          kernel.collectGradient(false);
          expect(kernel.gradient()).toBeUndefined();
          gradients();
          expect(kernel.gradient()).toBeUndefined();
          kernel.repack({ forward: null, backward: null, gradient: null }, treatment);
          kernel.addToGradient(undefined);
        }
      });
      x.dispose();
      model.dispose();
      stock.dispose();
    },
  );

  it('is the sum over all uses of a shared kernel, by hand', () => {
    // y = 3 w + 5 w: dL/dw = 8 for each output, whether the weight is in use or not.
    const layer = maskedDense({ units: 2, useBias: false });
    const [a, b] = [tf.input({ shape: [1] }), tf.input({ shape: [1] })];
    const sum = tf.layers.add().apply([layer.apply(a), layer.apply(b)] as tf.SymbolicTensor[]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: [a, b], outputs: sum });
    const [kernel] = prunableKernels(model) as [Kernel];
    const bits = Uint8Array.of(1, 0);
    kernel.repack({ forward: bits, backward: bits, gradient: bits }, treatment);
    kernel.collectGradient(true);
    tf.tidy(() => {
      const inputs = [tf.tensor2d([[3]]), tf.tensor2d([[5]])];
      tf.variableGrads(() => (model.apply(inputs) as tf.Tensor).sum().asScalar());
    });
    expect(Array.from(kernel.gradient() as Float32Array)).toEqual([8, 8]);
    kernel.collectGradient(true);
    expect(kernel.gradient()).toBeUndefined();
    model.dispose();
  });
});

/** A small network, the same at each call. */
function network(): tf.Sequential {
  const initializer = (seed: number) => ({ kernelInitializer: tf.initializers.glorotNormal({ seed }) });
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        filters: 6,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
        inputShape: [5, 5, 5],
        ...initializer(1),
      }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 7, kernelSize: 2, strides: 2, ...initializer(2) }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 9, activation: 'relu', ...initializer(3) }),
      tf.layers.dense({ units: 3, ...initializer(4) }),
    ],
  });
}

describe('in sparse execution', () => {
  const data = () => [tf.randomNormal([35, 5, 5, 5], 0, 1, 'float32', 5), tf.randomNormal([35, 3], 0, 1, 'float32', 6)] as const;

  it.each([false, true])(
    'equals that of masked layers, and training goes on as if nobody had asked (differing masks: %s)',
    async (differing) => {
      await fc.assert(
        fc.asyncProperty(
          fc.double({ min: 0.5, max: 0.9, noNaN: true }),
          fc.integer({ min: 0, max: 99 }),
          async (sparsity, seed) => {
            await expectNoLeak(async () => {
              const dense = network();
              const [x, y] = data();
              const run = async (execution: 'dense' | 'sparse', collects: boolean) => {
                const model = sparsify(dense, { execution, breakEven: 0 });
                model.compile({ optimizer: tf.train.momentum(0.02, 0.9), loss: 'meanSquaredError' });
                const kernels = prunableKernels(model);
                for (const kernel of kernels) mask(kernel, sparsity, seed, differing);
                for (let step = 0; step < 3; step++) {
                  if (collects && step === 2) for (const kernel of kernels) kernel.collectGradient(true);
                  await model.trainOnBatch(x, y);
                }
                if (execution === 'sparse' && backend === 'wasm') {
                  const { regions } = sparsifyReport(model);
                  expect(regions.flatMap((region) => region.execution.filter(({ inLanes }) => !inLanes))).toEqual([]);
                }
                const gradients = kernels.map((kernel) => kernel.gradient());
                for (const kernel of kernels) kernel.collectGradient(false);
                const weights = kernels.map((kernel) => kernel.readKernel());
                const { c } = model.optimizer as unknown as { c: tf.Scalar }; // tfjs's momentum optimizer forgets it
                model.optimizer.dispose();
                c.dispose();
                model.dispose();
                return { gradients, weights };
              };
              const [expected, actual] = [await run('dense', true), await run('sparse', true)];
              actual.gradients.forEach((each, i) => {
                const other = Float64Array.from(expected.gradients[i] as Float32Array);
                expect(relativeDifference(each as Float32Array, other)).toBeLessThan(1e-3);
              });
              if (backend === 'wasm') expect((await run('sparse', false)).weights).toEqual(actual.weights);
              dense.dispose();
              tf.dispose([x, y]);
            });
          },
        ),
        { numRuns: backend === 'wasm' ? 10 : 2, seed: 11 },
      );
    },
  );

  it.each(Object.entries(optimizers))('slots come by name and full size: %s', async (name, create) => {
    const slotNames: Readonly<Record<string, readonly string[]>> = {
      sgd: [],
      momentum: ['momentum'],
      adagrad: ['accumulator'],
      adadelta: ['accum_grad', 'accum_var'],
      adam: ['m', 'v'],
      adamax: ['m', 'u'],
      rmsprop: ['rms', 'momentum'],
      'centered rmsprop': ['rms', 'momentum', 'mg'],
    };
    const dense = network();
    const [x, y] = data();
    const read = async (execution: 'dense' | 'sparse') => {
      const model = sparsify(dense, { execution, breakEven: 0 });
      model.compile({ optimizer: create(), loss: 'meanSquaredError' });
      const kernels = prunableKernels(model);
      for (const kernel of kernels) mask(kernel, 0.7);
      for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
      // Adagrad's begin at 0.1, also where masks are; who prunes makes them 0.
      for (const kernel of kernels) kernel.enforce(model.optimizer);
      const slots = kernels.map((kernel) => kernel.readSlots(model.optimizer));
      await expectNoLeak(() => void kernels.map((kernel) => kernel.readSlots(model.optimizer)));
      model.optimizer.dispose();
      model.dispose();
      return slots;
    };
    const [expected, actual] = [await read('dense'), await read('sparse')];
    actual.forEach((slots, i) => {
      expect(Object.keys(slots)).toEqual(slotNames[name]);
      for (const [slot, values] of Object.entries(slots)) {
        const other = Float64Array.from(expected[i]?.[slot] as Float32Array);
        expect(values.some((value) => value !== 0)).toBe(true);
        expect(relativeDifference(values, other), slot).toBeLessThan(1e-3);
      }
    });
    dense.dispose();
    tf.dispose([x, y]);
  });
});
