import * as tf from '@tensorflow/tfjs';
import { prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { withFusedUpdates } from '../../src/ops/fused-updates.js';
import { createRng } from '../../src/rng.js';
import { expectNoLeak } from '../support/no-leak.js';
import { optimizers } from '../support/optimizers.js';

/** Variables of sizes that vectors do not divide, trained for some steps; all that the optimizer keeps, too. */
function train(optimizer: tf.Optimizer, run: (optimizer: tf.Optimizer, step: () => void) => void): Float32Array[] {
  const create = (shape: number[], i: number) => tf.tidy(() => tf.variable(tf.randomNormal(shape, 0, 1, 'float32', i + 1)));
  const variables = [[7], [3, 5], [1], [64]].map(create);
  const unused = create([2], 9);
  const loss = () =>
    tf
      .addN(
        variables.map((v, i) =>
          v
            .mul(i + 1)
            .tanh()
            .square()
            .sum(),
        ),
      )
      .asScalar();
  for (let step = 0; step < 5; step++) {
    // The rate of the others is a tensor, made once.
    if (optimizer instanceof tf.AdamOptimizer) Object.assign(optimizer, { learningRate: 0.05 / (step + 1) });
    run(optimizer, () => optimizer.minimize(loss, false, [...variables, unused]));
  }
  const results = [...variables, unused].map((v) => v.dataSync<'float32'>().slice());
  tf.dispose([...variables, unused]);
  return results;
}

describe('updates in one pass', () => {
  it.each(['sgd', 'adam', 'momentum'] as const)('are those of tfjs to the bit, with %s', async (name) => {
    await expectNoLeak(() => {
      const [own, fused] = [optimizers[name], optimizers[name]].map((create) => create?.() as tf.Optimizer) as [
        tf.Optimizer,
        tf.Optimizer,
      ];
      const expected = train(own, (_, step) => step());
      expect(train(fused, withFusedUpdates)).toEqual(expected);
      expect(fused.iterations).toBe(own.iterations);
      expect(Object.hasOwn(fused, 'applyGradients')).toBe(false);
      for (const optimizer of [own, fused]) {
        optimizer.dispose();
        // tfjs's momentum forgets the learning rate that it inherits.
        if (name === 'momentum') (optimizer as unknown as { c: tf.Tensor }).c.dispose();
      }
    });
  });

  it('follow a learning rate that changes, and leave an optimizer as it was when a step fails', () => {
    const [value, gradient] = [tf.variable(tf.scalar(1)), (rate: number) => 1 - 2 * rate];
    const optimizer = tf.train.sgd(0.5);
    const minimize = () => optimizer.minimize(() => value.square().asScalar(), false, [value]);
    optimizer.setLearningRate(0.25);
    withFusedUpdates(optimizer, minimize);
    expect(value.dataSync()[0]).toBe(gradient(0.25));
    const failing = () => {
      throw new Error('broken');
    };
    expect(() => withFusedUpdates(optimizer, failing)).toThrow('broken');
    expect(Object.hasOwn(optimizer, 'applyGradients')).toBe(false);
    value.dispose();
    optimizer.dispose();
  });

  it.each([
    ['SGD', class extends tf.SGDOptimizer {}, [0.1]],
    ['Adam', class extends tf.AdamOptimizer {}, [0.1, 0.9, 0.999, 1e-7]],
  ] as const)('leave to a class that extends %s what it does with the gradients', async (_, Base, numbers) => {
    await expectNoLeak(() => {
      class Clipping extends (Base as unknown as new (...numbers: readonly number[]) => tf.SGDOptimizer) {
        calls = 0;
        override applyGradients(gradients: Parameters<tf.SGDOptimizer['applyGradients']>[0]): void {
          this.calls++;
          const named = gradients as { name: string; tensor: tf.Tensor }[];
          tf.tidy(() => super.applyGradients(named.map(({ name, tensor }) => ({ name, tensor: tensor.clipByValue(-0.5, 0.5) }))));
        }
      }
      const train = (run: (optimizer: tf.Optimizer, step: () => void) => void) => {
        const optimizer = new Clipping(...numbers);
        const value = tf.tidy(() => tf.variable(tf.tensor1d([3, -4, 0.1])));
        // The first step of Adam is tfjs's own in any case.
        for (let step = 0; step < 3; step++) {
          run(optimizer, () => optimizer.minimize(() => value.square().sum().asScalar(), false, [value]));
        }
        expect(optimizer.calls).toBe(3);
        const result = value.dataSync<'float32'>().slice();
        tf.dispose([value]);
        optimizer.dispose();
        return result;
      };
      expect(train(withFusedUpdates)).toEqual(train((_own, step) => step()));
    });
  });

  it("refuse as tfjs does an Adam whose slots are of another model's shapes, and write nothing", () => {
    const optimizer = tf.train.adam(0.05);
    const [small, large] = [tf.variable(tf.ones([3])), tf.variable(tf.ones([4096]))];
    const minimize = (value: tf.Variable) =>
      withFusedUpdates(optimizer, () => optimizer.minimize(() => value.square().sum().asScalar(), false, [value]));
    minimize(small);
    minimize(small);
    expect(() => minimize(large)).toThrow(/could not be broadcast|Incompatible shapes|[Bb]roadcast/);
    expect(large.dataSync().every((value) => value === 1)).toBe(true);
    tf.dispose([small, large]);
    optimizer.dispose();
  });

  it('serve a model in lanes, whose kept values are shorter than its kernels', async () => {
    const dense = tf.sequential({ layers: [tf.layers.dense({ units: 9, inputShape: [10] }), tf.layers.dense({ units: 1 })] });
    const model = sparsify(dense, { execution: 'sparse' });
    model.compile({ optimizer: tf.train.adam(0.05), loss: 'meanSquaredError' });
    const rng = createRng(1);
    for (const kernel of prunableKernels(model)) {
      const mask = Uint8Array.from(kernel.readKernel(), () => (rng.uniform() < 0.6 ? 0 : 1));
      kernel.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
    }
    const [x, y] = [tf.randomNormal([64, 10], 0, 1, 'float32', 1), tf.ones([64, 1])];
    const losses: number[] = [];
    for (let step = 0; step < 30; step++) losses.push((await model.trainOnBatch(x, y)) as number);
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 2);
    tf.dispose([x, y]);
    for (const each of [dense, model]) each.dispose();
  });
});
