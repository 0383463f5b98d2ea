import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { type MaskedOpAttrs, maskedOps } from 'tfjs-sparsity/ops';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { expectNoLeak } from '../support/no-leak.js';

type Op = (x: tf.Tensor, w: tf.Tensor) => tf.Tensor;
type Options = Parameters<typeof maskedOps.conv2d>[2];

function random(seed: number, shape: number[], make: (u: number) => number): tf.Tensor {
  const rng = createRng(seed);
  return tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => make(rng.uniform())),
    shape,
  );
}
const normal = (seed: number, shape: number[]) => random(seed, shape, (u) => 2 * u - 1);
const bits = (seed: number, shape: number[]) => random(seed, shape, (u) => (u < 0.5 ? 0 : 1));

function expectClose(actual: tf.Tensor, expected: tf.Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const values = expected.dataSync();
  for (const [i, value] of actual.dataSync().entries()) expect(value).toBeCloseTo(values[i] as number, 4);
}

/** Value and gradients against autodiff: each product on its own graph of stock ops. */
function expectAutodiff(
  masked: (x: tf.Tensor, w: tf.Tensor, options: Options) => tf.Tensor,
  plain: Op,
  xShape: number[],
  wShape: number[],
) {
  const [x, w] = [normal(1, xShape), normal(2, wShape)];
  const [forward, backward, gradient] = [bits(3, wShape), bits(4, wShape), bits(5, wShape)];
  const value = plain(x, w.mul(forward));
  const dy = normal(6, value.shape);
  const stock = (dense: tf.Tensor) =>
    tf.grads((a, b) => plain(a as tf.Tensor, b as tf.Tensor))([x, dense], dy) as [tf.Tensor, tf.Tensor];
  const ours = (options: Options) =>
    tf.grads((a, b) => masked(a as tf.Tensor, b as tf.Tensor, options))([x, w], dy) as [tf.Tensor, tf.Tensor];

  expectClose(masked(x, w, { forward }), value);
  const [dx, dw] = tf.grads((a, b) => plain(a as tf.Tensor, (b as tf.Tensor).mul(forward)))([x, w], dy) as [tf.Tensor, tf.Tensor];
  const [sameDx, sameDw] = ours({ forward });
  expectClose(sameDx, dx);
  expectClose(sameDw, dw);

  const [namedDx, namedDw] = ours({ forward, backward, gradient, decay: 0.25 });
  const decay = w.mul(tf.sub(1, forward)).mul(0.25);
  expectClose(namedDx, stock(w.mul(backward))[0]);
  expectClose(namedDw, stock(w.mul(forward))[1].mul(gradient).add(decay));

  const [denseDx, denseDw] = ours({ forward, backward: null, gradient: null, decay: 0.25 });
  expectClose(denseDx, stock(w)[0]);
  expectClose(denseDw, stock(w.mul(forward))[1].add(decay));
}

const geometry = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  size: fc.integer({ min: 3, max: 6 }),
  kernel: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 3 }),
  outputs: fc.integer({ min: 1, max: 3 }),
  strides: fc.integer({ min: 1, max: 2 }),
  pad: fc.constantFrom('same' as const, 'valid' as const),
});
const law = (body: (g: typeof geometry extends fc.Arbitrary<infer G> ? G : never) => void) =>
  expectNoLeak(() =>
    fc.assert(
      fc.property(geometry, (g) => tf.tidy(() => body(g))),
      { numRuns: 15, seed: 1 },
    ),
  );

describe('masked ops agree with autodiff of stock ops, for every mask', () => {
  it('matMul', () =>
    law((g) => {
      expectAutodiff(
        maskedOps.matMul,
        (a, b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
        [g.batch, g.size],
        [g.size, g.outputs],
      );
    }));

  it('matMul of rank 4', () =>
    law((g) => {
      const shape = [g.batch, 2, g.channels, g.size];
      const plain: Op = (a, b) =>
        tf.matMul(a.reshape([-1, g.size]), b as tf.Tensor2D).reshape([...shape.slice(0, -1), g.outputs]);
      expectAutodiff(maskedOps.matMul, plain, shape, [g.size, g.outputs]);
    }));

  it('conv1d', () =>
    law(({ strides, pad, ...g }) => {
      expectAutodiff(
        (a, b, o) => maskedOps.conv1d(a, b, { ...o, strides, pad }),
        (a, b) => tf.conv1d(a as tf.Tensor3D, b as tf.Tensor3D, strides, pad),
        [g.batch, g.size, g.channels],
        [g.kernel, g.channels, g.outputs],
      );
    }));

  it('conv2d', () =>
    law(({ strides, pad, ...g }) => {
      expectAutodiff(
        (a, b, o) => maskedOps.conv2d(a, b, { ...o, strides: [strides, 1], pad }),
        (a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, [strides, 1], pad),
        [g.batch, g.size, g.size + 1, g.channels],
        [g.kernel, g.kernel, g.channels, g.outputs],
      );
    }));

  it('depthwiseConv2d', () =>
    law(({ strides, pad, ...g }) => {
      expectAutodiff(
        (a, b, o) => maskedOps.depthwiseConv2d(a, b, { ...o, strides, pad }),
        (a, b) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad),
        [g.batch, g.size, g.size, g.channels],
        [g.kernel, g.kernel, g.channels, g.outputs],
      );
    }));
});

describe('a masked op', () => {
  it('matches a product worked by hand', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([[1, 2]]);
      const w = tf.tensor2d([[3, 4], [5, 6]]); // biome-ignore format: a matrix
      const masks = { forward: tf.tensor2d([[1, 0], [0, 1]]), backward: tf.tensor2d([[1, 1], [0, 0]]), gradient: null, decay: 0.1 }; // biome-ignore format: matrices
      const f = (a: tf.Tensor, b: tf.Tensor) => maskedOps.matMul(a, b, masks);
      expect(f(x, w).arraySync()).toEqual([[3, 12]]);
      const [dx, dw] = tf.grads(f as Op)([x, w], tf.tensor2d([[1, 10]])) as [tf.Tensor, tf.Tensor];
      expect(dx.arraySync()).toEqual([[43, 0]]);
      // A^T E = [[1, 10], [2, 20]], and 0.1 x the masked weights 4 and 5.
      expectClose(dw, tf.tensor2d([[1, 10.4], [2.5, 20]])); // biome-ignore format: a matrix
    });
  });

  it('never computes the input gradient that nobody asked for', () => {
    tf.tidy(() => {
      const w = tf.variable(normal(1, [3, 3, 1, 2]));
      const x = normal(2, [2, 6, 6, 1]);
      const forward = bits(3, w.shape);
      const loss = () => maskedOps.conv2d(x, w, { forward }).sum<tf.Scalar>();
      const ran = kernelsRun(() => tf.variableGrads(loss, [w]));
      expect(ran).toContain('Conv2DBackpropFilter');
      expect(ran).not.toContain('Conv2DBackpropInput');
      expect(kernelsRun(() => tf.grad((a) => maskedOps.conv2d(a, w))(x))).toContain('Conv2DBackpropInput');
      w.dispose();
    });
  });

  it('leaves the kernel variable, its operands in canonical shape and its name on the tape', () => {
    tf.tidy(() => {
      const w = tf.variable(normal(1, [2, 3, 4]));
      const [forward, backward] = [bits(2, w.shape), bits(3, w.shape)];
      const x = normal(4, [5, 6, 3]);
      const saved: number[][][] = [];
      const attrs: MaskedOpAttrs[] = [];
      const engine = tf.engine() as unknown as { addTapeNode: (...args: unknown[]) => void };
      const original = engine.addTapeNode;
      engine.addTapeNode = function (this: unknown, ...args) {
        const [name, inputs, , , kept, given] = args as [
          string,
          Record<string, tf.Tensor>,
          unknown,
          unknown,
          tf.Tensor[],
          MaskedOpAttrs,
        ];
        if (name === 'conv1d' && given?.maskedOp) {
          expect(inputs.w).toBe(w);
          saved.push(kept.map(({ shape }) => shape));
          attrs.push(given);
        }
        original.apply(this, args);
      };
      try {
        tf.variableGrads(() => maskedOps.conv1d(x, w, { forward, strides: 2 }).sum(), [w]);
        tf.variableGrads(() => maskedOps.conv1d(x, w, { forward, backward }).sum(), [w]);
      } finally {
        Reflect.deleteProperty(engine, 'addTapeNode');
      }
      const [A, W] = [[5, 1, 6, 3], [1, 2, 3, 4]]; // biome-ignore format: shapes
      expect(saved).toEqual([[A, W], [A, W, W]]); // biome-ignore format: shapes
      expect(attrs.map(({ strides, pad }) => ({ strides, pad }))).toEqual([
        { strides: [1, 2], pad: 'valid' },
        { strides: [1, 1], pad: 'valid' },
      ]);
      w.dispose();
    });
  });
});

function kernelsRun(body: () => void): string[] {
  const engine = tf.engine() as unknown as { runKernel: (name: string, ...rest: unknown[]) => unknown };
  const original = engine.runKernel;
  const names: string[] = [];
  engine.runKernel = function (this: unknown, name, ...rest) {
    names.push(name);
    return original.call(this, name, ...rest);
  };
  try {
    body();
  } finally {
    Reflect.deleteProperty(engine, 'runKernel');
  }
  return names;
}
