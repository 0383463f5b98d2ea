import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { checkFirstDerivative } from './check-first-derivative.js';
import { openChain } from './op-chain.js';

/** An op whose gradients are computed only for the inputs that need one. */
export interface ForwardBackwardOp {
  /** Name of the op on the tape. */
  readonly name: string;
  /** Inputs by name; the tape node carries these very tensors. */
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  /** Plain data that the tape node's observers may read. */
  readonly attrs: object;
  /** The value; `save` keeps what the backward pass needs and frees it after it. Called once. */
  forward(save: (tensors: tf.Tensor[]) => void): tf.Tensor;
  /** For each input, a thunk of its gradient: a tensor of its own, not `dy`. */
  backward(dy: tf.Tensor, saved: readonly tf.Tensor[]): Record<string, () => tf.Tensor>;
}

interface EngineInternals {
  runKernelFunc(params: {
    forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => tf.Tensor;
    backwardsFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => Record<string, () => tf.Tensor>;
    inputs: Readonly<Record<string, tf.Tensor>>;
    attrs: object;
  }): tf.Tensor;
  isTapeOn(): boolean;
}

function engine(): EngineInternals {
  const internals = tf.engine() as unknown as EngineInternals;
  if (typeof internals.runKernelFunc !== 'function' || typeof internals.isTapeOn !== 'function') {
    throw new SparsityError({
      what: 'TensorFlow.js engine',
      got: `version ${tf.version['tfjs-core']} without runKernelFunc and isTapeOn`,
      expected: 'the engine of tfjs 4.22',
      fix: 'install @tensorflow/tfjs ~4.22.0',
    });
  }
  return internals;
}

/** Whether ops that run now are recorded for a backward pass. */
export function isRecording(): boolean {
  return engine().isTapeOn();
}

/**
 * Runs an op with its own gradients. `tf.customGrad` computes all of them; here the thunk of an input that nothing upstream trains is
 * never called, so that the first layer's input gradient costs nothing.
 *
 * @throws SparsityError when tfjs is not of the tested range; in the backward pass where the gradient is to have a gradient.
 */
export function forwardBackwardOp(op: ForwardBackwardOp): tf.Tensor {
  const chain = openChain();
  if (chain) return chain.run(op);
  return tf.tidy(op.name, () =>
    engine().runKernelFunc({
      forwardFunc: (_, save) => op.forward(save),
      backwardsFunc: (dy, saved) => {
        checkFirstDerivative(op.name);
        return op.backward(dy, saved);
      },
      inputs: op.inputs,
      attrs: op.attrs,
    }),
  );
}
