import * as tf from '@tensorflow/tfjs';
import type { TapOptions } from './attach-tap.js';
import { type FollowedUse, followKernels } from './follow-kernels.js';
import type { ForwardOrder } from './forward-order.js';
import type { NamedKernel } from './kernel-names.js';
import { wholeName } from './kernel-parts.js';
import { offTape, type TapeNode } from './tape.js';
import { useCounter } from './use-counter.js';
import { watchUses } from './watched-uses.js';

/**
 * Reports every use of the kernels in each training step, until the returned function is called: during the backward pass, where E and
 * G come to be; those of frozen kernels in the forward pass, as no backward pass may come by, and again where E does. Those that the tape
 * does not show are reported by whoever computes them, under the names and numbers that they have here.
 *
 * @param kernels each kernel by the id of its variable.
 */
export function tapKernels(
  kernels: ReadonlyMap<number, NamedKernel>,
  { onOp, isWanted }: Required<TapOptions>,
  order: ForwardOrder,
): () => void {
  const count = useCounter();
  const onUse = ({ layer, use, trained, node, nest, saved, views, data, kernel, thinned = {}, terms = {} }: FollowedUse) => {
    if (!isWanted()) return;
    order.pass(layer, wholeName(layer));
    const emit = (dy: tf.Tensor | undefined, gradient: tf.Tensor | undefined, needsInputGradient: boolean) => {
      const G = gradient && (terms.without?.() ?? gradient);
      const W = views.W(node.saved[saved.W] as tf.Tensor);
      const backwardW = saved.backwardW === saved.W ? W : views.W(node.saved[saved.backwardW] as tf.Tensor);
      const x = node.saved[saved.A] as tf.Tensor;
      const [A, E] = [views.A(x), dy && views.E(thinned.E ? tf.tensor(thinned.E, dy.shape) : dy)];
      const backwardE = dy && thinned.backwardE && views.E(tf.tensor(thinned.backwardE, dy.shape));
      const gradientA = thinned.gradientA && views.A(tf.tensor(thinned.gradientA, x.shape));
      onOp({ layer, use, nest, W, backwardW, A, E, backwardE, gradientA, G: G && views.W(G), needsInputGradient });
    };
    if (!trained) offTape(() => emit(undefined, undefined, false));
    wrapGradient(node, trained ? kernel : data, (E, gradient, inputs) =>
      trained ? emit(E, gradient, data in inputs) : emit(E, undefined, true),
    );
  };
  const releases = [
    followKernels(kernels, onUse, count),
    watchUses(({ id }, tape) => {
      const found = kernels.get(id);
      if (!found) return undefined;
      const { name: layer, trained } = found;
      const use = count(tape, layer);
      if (!isWanted()) return undefined;
      order.pass(layer);
      return { trained, report: (operands) => onOp({ layer, use, ...operands }) };
    }),
  ];
  return () => {
    for (const release of releases) release();
  };
}

/**
 * Calls `emit` when tfjs computes the gradient of an input, with the gradient and the inputs that need one; in the tidy of tfjs, which
 * frees what is made there.
 */
function wrapGradient(
  node: TapeNode,
  input: string,
  emit: (E: tf.Tensor, gradient: tf.Tensor, inputs: TapeNode['inputs']) => void,
): void {
  const gradient = node.gradient;
  if (!gradient) return;
  node.gradient = function (dys) {
    const gradients = gradient.call(this, dys);
    const { inputs } = this;
    const compute = gradients[input] as () => tf.Tensor;
    return {
      ...gradients,
      [input]: () => {
        const result = compute();
        emit(dys[0] as tf.Tensor, result, inputs);
        return result;
      },
    };
  };
}
