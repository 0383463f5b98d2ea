import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { prunableKernels, sparsify } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { fusedCrossentropy } from '../../src/ops/fused-crossentropy.js';
import { createRng } from '../../src/rng.js';
import { backend, isOn } from '../support/backend.js';
import { expectNoLeak } from '../support/no-leak.js';

/** tfjs's own loss of a model that gives out its input. */
function ownLoss(target: tf.Tensor, output: tf.Tensor): tf.Tensor {
  return tf.metrics.categoricalCrossentropy(target, output);
}

const cases = fc.record({
  shape: fc.constantFrom<number[]>([1, 1], [3, 2], [5, 16], [2, 3, 7]),
  saturated: fc.boolean(),
  soft: fc.boolean(),
  seed: fc.nat(1000),
});

describe.runIf(isOn('wasm', 'one operation for the crossentropy needs its heap'))('the crossentropy in one operation', () => {
  it('has the values and gradients of tfjs, saturated outputs and soft targets included', async () => {
    await expectNoLeak(() => {
      fc.assert(
        fc.property(cases, ({ shape, saturated, soft, seed }) => {
          const rng = createRng(seed);
          const size = shape.reduce((a, b) => a * b, 1);
          const classes = shape.at(-1) as number;
          const draw = () => (saturated && rng.uniform() < 0.5 ? Math.round(rng.uniform()) : 0.05 + rng.uniform());
          tf.tidy(() => {
            // At least one output of a row is not 0, as behind a softmax.
            const output = tf.tensor(
              Float32Array.from({ length: size }, (_, i) => (i % classes === 0 ? 1 : draw())),
              shape,
            );
            const values = Float32Array.from({ length: size }, () => (soft ? rng.uniform() : Math.round(rng.uniform())));
            const [target, weight] = [tf.tensor(values, shape), tf.randomNormal(shape.slice(0, -1), 0, 1, 'float32', seed + 1)];
            const [own, fused] = [ownLoss, fusedCrossentropy].map((loss) => {
              const { value, grad } = tf.valueAndGrad((o: tf.Tensor) => loss(target, o).mul(weight).sum())(output);
              return [value.dataSync()[0] as number, grad.dataSync<'float32'>()] as const;
            }) as [readonly [number, Float32Array], readonly [number, Float32Array]];
            expect(Math.abs(fused[0] - own[0])).toBeLessThan(1e-5 * Math.max(1, size, Math.abs(own[0])));
            const scale = Math.max(1e-3, ...own[1].map(Math.abs));
            expect(Math.max(...fused[1].map((g, i) => Math.abs(g - (own[1][i] as number))))).toBeLessThan(2e-6 * scale);
          });
        }),
        { numRuns: 60, seed: 91 },
      );
    });
  });

  it('is, of a hand-made row, -log of the share of the right class', () => {
    tf.tidy(() => {
      const loss = fusedCrossentropy(tf.tensor2d([[0, 1]]), tf.tensor2d([[1, 3]]));
      expect(loss.dataSync()[0]).toBeCloseTo(-Math.log(0.75), 6);
    });
  });

  it('is NaN for outputs that are NaN, whatever the target, and 0 for a target without a class', () => {
    tf.tidy(() => {
      const outputs = tf.tensor2d([
        [Number.NaN, 0.5],
        [0.25, 0.75],
      ]);
      expect(Array.from(fusedCrossentropy(tf.zeros([2, 2]), outputs).dataSync())).toEqual([Number.NaN, 0]);
      expect(Array.from(fusedCrossentropy(tf.ones([2, 2]), outputs).dataSync())[0]).toBeNaN();
    });
  });
});

describe('the crossentropy of a step in sparse execution', () => {
  it.skipIf(backend === 'wasm')('is left to tfjs where one operation has no heap for it', () => {
    expect(() => tf.tidy(() => fusedCrossentropy(tf.ones([1, 2]), tf.ones([1, 2])))).toThrow();
  });

  it('gives way after each step, and to targets that are no floats', async () => {
    const dense = tf.sequential({
      layers: [tf.layers.dense({ units: 8, inputShape: [8] }), tf.layers.dense({ units: 3, activation: 'softmax' })],
    });
    const losses = [];
    const x = tf.randomNormal([64, 8], 0, 1, 'float32', 1);
    const classes = tf.tidy(() => tf.oneHot(tf.range(0, 64).mod(3).toInt(), 3));
    for (const y of [classes.toFloat(), classes]) {
      const model = sparsify(dense, { execution: 'sparse' });
      model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy' });
      for (const kernel of prunableKernels(model)) {
        const mask = Uint8Array.from(kernel.readKernel(), (_, i) => i % 2);
        kernel.repack({ forward: mask, backward: mask, gradient: mask }, { pruned: 'zero', slots: 'zero', decay: 0 });
      }
      const before = (model as unknown as { lossFunctions: unknown[] }).lossFunctions;
      losses.push([await model.trainOnBatch(x, y), await model.trainOnBatch(x, y)] as number[]);
      expect((model as unknown as { lossFunctions: unknown[] }).lossFunctions).toBe(before);
      model.dispose();
    }
    const [floats, integers] = losses as [number[], number[]];
    floats.forEach((loss, i) => {
      expect(loss).toBeCloseTo(integers[i] as number, 5);
    });
    tf.dispose([x, classes]);
    dense.dispose();
  });
});
