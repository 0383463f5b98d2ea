import * as tf from '@tensorflow/tfjs';
import { maskedOps, prunableKernels, sparsify, strip } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';

const normal = (shape: number[], seed: number) => tf.randomNormal(shape, 0, 1, 'float32', seed);

/** The gradient, by trained weight, of a penalty on the slope of a function of x, as WGAN-GP has it. */
function penaltyGradients(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, weights: tf.Variable[]): number[][] {
  return tf.tidy(() => {
    const penalty = () => tf.grad(f)(x).square().sum().asScalar();
    const { grads } = tf.variableGrads(penalty, weights);
    return weights.map(({ name }) => Array.from(grads[name]?.dataSync() ?? []));
  });
}

describe('gradients of gradients', () => {
  it('are those of tfjs where no mask is in force, and refused of masked ops', () => {
    // f = a1 w1 + a2 w2: the slope is w, its square sum w1^2 + w2^2, and the gradient of that 2 w.
    const [x, w, mask] = [tf.tensor2d([[5, 7]]), tf.variable(tf.tensor2d([[2], [3]])), tf.tensor2d([[1], [0]])];
    expect(penaltyGradients((a) => tf.matMul(a as tf.Tensor2D, w as tf.Tensor2D), x, [w])).toEqual([[4, 6]]);
    expect(() => penaltyGradients((a) => maskedOps.matMul(a, w, { forward: mask }), x, [w])).toThrow(
      'gradient of dense, an op of masked layers: got a gradient of it, as a gradient penalty takes, expected first derivatives. Take the inner',
    );
    const slope = tf.tidy(() =>
      Array.from(
        tf
          .grad((a) => maskedOps.matMul(a, w, { forward: mask }))(x)
          .dataSync(),
      ),
    );
    expect(slope).toEqual([2, 0]);
    tf.dispose([x, w, mask]);
  });

  it.each(['dense', 'sparse'] as const)('are refused in %s execution, and taken of the stripped model', (execution) => {
    const plain = tf.sequential({
      layers: [
        tf.layers.dense({
          units: 40,
          activation: 'sigmoid',
          inputShape: [20],
          kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
        }),
        tf.layers.dense({ units: 1, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
      ],
    });
    const model = sparsify(plain, { execution, breakEven: 0 });
    const x = normal([8, 20], 3);
    const penalised = (each: tf.LayersModel) => {
      const weights = each.trainableWeights.map((weight) => weight.read() as tf.Variable);
      return penaltyGradients((a) => each.apply(a, { training: true }) as tf.Tensor, x, [weights[0] as tf.Variable]);
    };
    expect(penalised(model)).toEqual(penalised(plain));
    for (const kernel of prunableKernels(model)) {
      const bits = Uint8Array.from(kernel.readKernel(), (_, i) => Number(i % 4 === 0));
      kernel.repack({ forward: bits, backward: bits, gradient: bits }, { pruned: 'zero', slots: 'zero', decay: 0 });
    }
    tf.dispose(model.predict(x)); // lanes are taken at the second look at the same masks
    expect(() => penalised(model)).toThrow(/first derivatives/);
    const loss = () => (model.apply(x, { training: true }) as tf.Tensor).square().mean().asScalar();
    expect(tf.tidy(() => Object.values(tf.variableGrads(loss).grads).length)).toBeGreaterThan(0);
    const stripped = strip(model);
    const [gradient] = penalised(stripped);
    expect(gradient?.some((value) => value !== 0)).toBe(true);
    x.dispose();
    for (const each of [plain, model, stripped]) each.dispose();
  });
});
