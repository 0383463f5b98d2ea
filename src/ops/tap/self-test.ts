import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import type { TappedOp } from '../contracts.js';
import { forwardOrder } from './forward-order.js';
import { tapKernels } from './tap-kernels.js';

const shown = ['W', 'A', 'E', 'G', 'needsInputGradient'] as const;

/**
 * Taps two products of which everything is known, one that tfjs puts on the tape as it is and one that it fuses: y = 5 x w with x = 2, w = 3
 * has W = 3, A = 2, E = 5, G = 10. The tap rests on private parts of tfjs, so this runs at each attach. Leaves no tensors.
 *
 * @throws SparsityError that says what the tap saw instead, when tfjs is outside the tested range or works otherwise than it did there.
 */
export function selfTest(): void {
  const version = tf.version['tfjs-core'];
  if (!version.startsWith('4.22.')) fail(`tfjs ${version}`, 'tfjs 4.22, the tested range');
  for (const [name, multiply] of [
    ['matMul', (a: tf.Tensor2D, b: tf.Tensor2D) => tf.matMul(a, b)],
    ['fused.matMul', (a: tf.Tensor2D, b: tf.Tensor2D) => tf.fused.matMul({ a, b })],
  ] as const) {
    check(name, `W 3, A 2, E 5, G 10, needsInputGradient false`, (x) => tf.grad((w) => loss(multiply(x, w as tf.Tensor2D))));
    check(
      name,
      `W 3, A 2, E 5, G 10, needsInputGradient true`,
      (x) => (w) => tf.grads((a, b) => loss(multiply(a as tf.Tensor2D, b as tf.Tensor2D)))([x, w]),
    );
  }
}

function loss(y: tf.Tensor): tf.Scalar {
  return y.mul(5).sum().asScalar();
}

function check(name: string, expected: string, backward: (x: tf.Tensor2D) => (w: tf.Tensor2D) => unknown): void {
  const seen: string[] = [];
  try {
    tf.tidy(() => {
      const w = tf.tensor2d([[3]]);
      const options = { onOp: (op: TappedOp) => void seen.push(describe(op)), isWanted: () => true };
      const release = tapKernels(new Map([[w.id, { name: 'w', trained: true }]]), options, forwardOrder(['w']));
      try {
        backward(tf.tensor2d([[2]]))(w);
      } finally {
        release();
      }
    });
  } catch (cause) {
    if (cause instanceof SparsityError) throw cause;
    fail(`${String(cause)} at ${name}`, expected);
  }
  if (seen.join() !== expected) fail(`${seen.join('; ') || 'nothing on the tape'} of ${name}`, expected);
}

function describe(op: TappedOp): string {
  const text = (value: tf.Tensor | boolean | undefined) => (typeof value === 'object' ? value.dataSync()[0] : value);
  return shown.map((key) => `${key} ${text(op[key])}`).join(', ');
}

function fail(got: string, expected: string): never {
  throw new SparsityError({ what: 'tensor tap: self-test', got, expected, fix: 'install @tensorflow/tfjs ~4.22.0' });
}
