import * as tf from '@tensorflow/tfjs';
import { maskedOps } from 'tfjs-sparsity/ops';
import {
  bdwp,
  biMask,
  type KernelInfo,
  nm,
  type PruningMethod,
  sdgp,
  sdwp,
  srSte,
  ste,
  swat,
  topKast,
} from 'tfjs-sparsity/pruning';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/rng.js';
import { expectNoLeak } from '../support/no-leak.js';

const info: KernelInfo = { name: 'fc', kind: 'dense', shape: [4, 4], inputAxis: 0, outputAxis: 1 };
const x = [1, 2, -1, 0.5];
const dy = [1, -1, 0.5, 2];
const W = [...[0.9, -0.1, 0.4, 0.3], ...[0.2, 0.8, -0.6, 0.1], ...[-0.5, 0.7, 0.05, -0.2], ...[0.1, -0.3, 0.25, 0.6]];
const outer = (a: readonly number[], e: readonly number[]) => a.flatMap((one) => e.map((other) => one * other));
const pair = { n: 2, m: 4 };
const dense = { y: [1.85, 0.65, -0.725, 1], dW: outer(x, dy) };
const forward = [1.4, 0.9, -0.8, 0.6];
/** 2e-4 w where 2:4 along the input axis masks it. */
const decayed = dense.dW.map((value, i) => value + ([1, 4, 7, 10, 11, 12, 13, 14].includes(i) ? 2e-4 * (W[i] as number) : 0));

/** One row through a layer of 4 x 4 at 2:4, by hand. */
const cases: readonly [string, PruningMethod, { y: number[]; dx: number[]; dW: number[] }][] = [
  ['ste', ste({ pattern: nm(pair), sparsity: 0.5 }), { y: forward, dx: [1.7, -1.1, -1.2, 1.2], dW: dense.dW }],
  ['srSte', srSte(pair), { y: forward, dx: [1.7, -1.1, -1.2, 1.2], dW: decayed }],
  ['bdwp', bdwp(pair), { y: forward, dx: [1.1, -1.1, -1.2, 1.5], dW: decayed }],
  ['biMask', biMask(pair), { y: forward, dx: [1.1, -1.1, -1.2, 1.2], dW: decayed }],
  ['sdwp', sdwp(pair), { ...dense, dx: [1.1, -1.1, -1.2, 1.5] }],
  ['sdgp', sdgp(pair), { ...dense, dx: [1.5, 0.4, -0.9, 1.3] }],
  [
    'sdgp, maxnorm',
    sdgp({ ...pair, rescale: 'maxnorm' }),
    { ...dense, dx: [1.5, 0.4, -0.9, 1.3].map((value) => (value * 4.5) / 3.0001) },
  ],
  // The eight greatest weights are those of 2:4 here; of A the greatest and, of two equal, the first.
  ['swat', swat({ sparsity: 0.5 }), { y: forward, dx: [1.7, -1.1, -1.2, 1.2], dW: outer([1, 2, 0, 0], dy) }],
  [
    'topKast',
    topKast({ sparsity: 0.5, gradientSparsity: 0.25, penalty: 0 }),
    { y: forward, dx: [1.7, -1.1, -1.2, 1.2], dW: dense.dW.map((value, i) => ([1, 7, 10, 12].includes(i) ? 0 : value)) },
  ],
];

describe('the three products of a method', () => {
  it.each(cases)('%s: are those of the worked layer', async (_, method, expected) => {
    await expectNoLeak(() =>
      tf.tidy(() => {
        const context = { step: 0, sparsity: method.schedule(0).sparsity, rng: createRng(0) };
        const state = { info, weights: Float32Array.from(W), masks: undefined };
        const masks = method.updateMasks([state], context)[0];
        const mask = (bits: Uint8Array | null | undefined) => bits && tf.tensor2d(Float32Array.from(bits), [4, 4]);
        const options = {
          forward: mask(masks?.forward) ?? null,
          backward: mask(masks?.backward) ?? null,
          gradient: mask(masks?.gradient) ?? null,
          decay: method.decay,
          thinning: method.thin?.(info, context) ?? null,
        };
        const op = (a: tf.Tensor, w: tf.Tensor) => maskedOps.matMul(a, w, options);
        const [A, w] = [tf.tensor2d(x, [1, 4]), tf.tensor2d(W, [4, 4])];
        const [dx, dW] = tf.grads(op)([A, w], tf.tensor2d(dy, [1, 4]));
        for (const [actual, values] of [
          [op(A, w), expected.y],
          [dx, expected.dx],
          [dW, expected.dW],
        ] as [tf.Tensor, number[]][]) {
          actual.dataSync().forEach((value, i) => {
            expect(value).toBeCloseTo(values[i] as number, 5);
          });
        }
      }),
    );
  });
});
