import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { maskedDense, maskedOps, prunableKernels, sparsify, sparsifyReport } from 'tfjs-sparsity/ops';
import type { OperandThinning, Thin } from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { backend } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';
import { relativeDifference, tapped } from './support/tapped-values.js';

const rng = createRng('thinned operands');
const normal = (shape: number[]) =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => rng.normal()),
    shape,
  );

/** Takes away every value whose number is a multiple of `step`. */
const without =
  (step: number): Thin =>
  (values) =>
    values.map((value, i) => (i % step === 0 ? 0 : value));
const thinTensor = (t: tf.Tensor, thin: Thin | undefined) =>
  thin ? tf.tensor(thin(t.dataSync<'float32'>().slice(), t.shape), t.shape) : t;

type Op = (x: tf.Tensor, w: tf.Tensor, options?: object) => tf.Tensor;

/** The ops, and shapes of their operands. */
const ops: Readonly<Record<string, { readonly op: Op; readonly x: number[]; readonly w: number[] }>> = {
  matMul: { op: maskedOps.matMul, x: [3, 4], w: [4, 5] },
  conv1d: { op: (x, w, o) => maskedOps.conv1d(x, w, { ...o, pad: 'same' }), x: [2, 6, 3], w: [3, 3, 4] },
  conv2d: { op: (x, w, o) => maskedOps.conv2d(x, w, { ...o, strides: 2, pad: 'same' }), x: [2, 5, 5, 3], w: [3, 3, 3, 4] },
  depthwiseConv2d: { op: maskedOps.depthwiseConv2d, x: [2, 4, 4, 2], w: [2, 2, 2, 2] },
};

const gradients = (op: Op, x: tf.Tensor, w: tf.Tensor, dy: tf.Tensor, options: object): [tf.Tensor, tf.Tensor] =>
  tf.grads((a, b) => op(a as tf.Tensor, b as tf.Tensor, options))([x, w], dy) as [tf.Tensor, tf.Tensor];

const anyThinning = fc.record(
  {
    E: fc.integer({ min: 2, max: 4 }).map(without),
    backwardE: fc.integer({ min: 2, max: 4 }).map(without),
    gradientA: fc.integer({ min: 2, max: 4 }).map(without),
  },
  { requiredKeys: [] },
);

describe('thinned operands', () => {
  it.each(Object.entries(ops))('%s: each gradient is that of its own operands, and the value that of none', (_, { op, x, w }) =>
    expectNoLeak(() =>
      fc.assert(
        fc.property(anyThinning, (thinning) =>
          tf.tidy(() => {
            const [A, W] = [normal(x), normal(w)];
            const y = op(A, W);
            const dy = normal(y.shape);
            const E = thinTensor(dy, thinning.E);
            const [dx] = gradients(op, A, W, thinTensor(E, thinning.backwardE), {});
            const [, dW] = gradients(op, thinTensor(A, thinning.gradientA), W, E, {});
            const [actualDx, actualDw] = gradients(op, A, W, dy, { thinning });
            expect(op(A, W, { thinning }).arraySync()).toEqual(y.arraySync());
            expect(actualDx.arraySync()).toEqual(dx.arraySync());
            expect(actualDw.arraySync()).toEqual(dW.arraySync());
          }),
        ),
        { numRuns: 12 },
      ),
    ),
  );

  it('are those of the worked example: E 2:4 in the input gradient alone', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([[1, 2, -1, 0.5]]);
      const W = tf.tensor2d([[0.9, -0.1, 0.4, 0.3], [0.2, 0.8, -0.6, 0.1], [-0.5, 0.7, 0.05, -0.2], [0.1, -0.3, 0.25, 0.6]]); // biome-ignore format: a matrix
      const dy = tf.tensor2d([[1, -1, 0.5, 2]]);
      const thinning = { backwardE: () => Float32Array.of(1, 0, 0, 2) };
      const [dx, dW] = gradients(maskedOps.matMul as Op, x, W, dy, { thinning });
      const expected = [1.5, 0.4, -0.9, 1.3];
      dx.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i] as number, 6);
      });
      expect(dW.arraySync()).toEqual(tf.matMul(x, dy, true).arraySync());
    });
  });

  it('are thinned once a use, and only for a gradient that somebody asks for', () => {
    tf.tidy(() => {
      const asked: string[] = [];
      const note = (name: string): Thin => {
        return (values) => {
          asked.push(name);
          return values.slice();
        };
      };
      const thinning = { E: note('E'), backwardE: note('backwardE'), gradientA: note('gradientA') };
      const [x, w] = [normal([2, 3]), normal([3, 2])];
      tf.grad((b) => maskedOps.matMul(x, b, { thinning }))(w);
      expect(asked.splice(0)).toEqual(['gradientA', 'E']);
      tf.grads((a, b) => maskedOps.matMul(a as tf.Tensor, b as tf.Tensor, { thinning }))([x, w]);
      expect(asked.sort()).toEqual(['E', 'backwardE', 'gradientA']);
    });
  });

  it('are refused when there are more or fewer of them', () => {
    tf.tidy(() => {
      const thinning = { E: (values: Float32Array) => values.subarray(1) };
      const [x, w] = [normal([2, 3]), normal([3, 2])];
      expect(() => tf.grad((b) => maskedOps.matMul(x, b, { thinning }))(w)).toThrow('values of a thinned E: got 3, expected 4');
    });
  });

  it('are what a tap sees, beside those of the other product', () => {
    const model = tf.sequential({
      layers: [maskedDense({ units: 3, inputShape: [4] }), maskedDense({ name: 'fc', units: 2, useBias: false })],
    });
    const x = normal([5, 4]);
    const step = () => tf.variableGrads(() => (model.apply(x, { training: true }) as tf.Tensor).square().sum().asScalar());
    const thinning: OperandThinning = { E: without(2), backwardE: without(3), gradientA: without(4) };
    const kernel = prunableKernels(model).find(({ info }) => info.name === 'fc');
    const [before] = tapped(model, step);
    expect([before.layer, before.backwardE, before.gradientA]).toEqual(['fc', undefined, undefined]);
    kernel?.thinOperands(thinning);
    const [after] = tapped(model, step);
    const E = without(2)(before.E.data, []);
    expect(after.A).toEqual(before.A);
    expect(after.E).toEqual({ ...before.E, data: E });
    expect(after.backwardE).toEqual({ ...before.E, data: without(3)(E, []) });
    expect(after.gradientA).toEqual({ ...before.A, data: without(4)(before.A.data, []) });
    kernel?.thinOperands(undefined);
    expect(tapped(model, step)[0]).toEqual(before);
    x.dispose();
    model.dispose();
  });

  it('leave a layer of a region out of lanes, with the reason, and train as in a masked model', async () => {
    await expectNoLeak(async () => {
      const dense = tf.sequential({
        layers: [
          tf.layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu', inputShape: [6, 6, 8], kernelInitializer: init(1) }),
          tf.layers.conv2d({ name: 'thinned', filters: 8, kernelSize: 3, activation: 'relu', kernelInitializer: init(2) }),
          tf.layers.flatten(),
          tf.layers.dense({ units: 4, kernelInitializer: init(3) }),
        ],
      });
      const [x, y] = [normal([8, 6, 6, 8]), normal([8, 4])];
      const results: Float32Array[][] = [];
      for (const execution of ['dense', 'sparse'] as const) {
        const model = sparsify(dense, { execution, breakEven: 0 });
        model.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'meanSquaredError' });
        const half = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i % 3 === 0 ? 1 : 0));
        for (const kernel of prunableKernels(model)) {
          const mask = half(kernel.readKernel().length);
          kernel.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
        }
        const step = () => model.trainOnBatch(x, y);
        const losses = [await step(), await step(), await step()];
        const kernel = prunableKernels(model)[1];
        kernel?.thinOperands({ backwardE: without(2), gradientA: without(3) });
        losses.push(await step(), await step());
        const obstacle = sparsifyReport(model).regions[0]?.execution.find(({ layer }) => layer === 'thinned')?.obstacle;
        if (execution === 'sparse') expect(obstacle).toBe(backend === 'wasm' ? 'thinnedOperands' : 'noWasm');
        kernel?.thinOperands(undefined);
        losses.push(await step(), await step(), await step());
        const after = sparsifyReport(model).regions[0]?.execution.find(({ layer }) => layer === 'thinned');
        if (execution === 'sparse') expect(after?.inLanes).toBe(backend === 'wasm');
        results.push([Float32Array.from(losses as number[]), ...prunableKernels(model).map((each) => each.readKernel())]);
        const { c: learningRate } = model.optimizer as unknown as { c: tf.Scalar }; // tfjs's momentum optimizer forgets it
        learningRate.dispose();
        model.optimizer.dispose();
        model.dispose();
      }
      results[0]?.forEach((values, i) => {
        expect(relativeDifference(results[1]?.[i] as Float32Array, values)).toBeLessThan(2e-5);
      });
      tf.dispose([x, y]);
      dense.dispose();
    });
  });
});

function init(seed: number) {
  return tf.initializers.glorotUniform({ seed });
}
