import * as tf from '@tensorflow/tfjs';
import type { TapOptions } from './attach-tap.js';
import { followProducts } from './follow-products.js';
import type { ForwardOrder } from './forward-order.js';
import type { NamedKernel } from './kernel-names.js';
import { offTape } from './tape.js';

/**
 * Reports every product of two activations in each training step, until the returned function is called: in the forward pass, as no
 * backward pass may come by, and again with E where one does.
 *
 * @param kernels each kernel by the id of its variable.
 */
export function tapProducts(
  model: tf.LayersModel,
  kernels: ReadonlyMap<number, NamedKernel>,
  { onOp, isWanted }: Required<TapOptions>,
  order: ForwardOrder,
): () => void {
  return followProducts(model, kernels, ({ layer, use, node, product }) => {
    if (!isWanted()) return;
    order.pass(layer);
    if (!product) return;
    const { nest, views } = product;
    const emit = (dy?: tf.Tensor, onlyGradient?: 'A' | 'W') => {
      const [A, W] = [views.A(node.saved[0] as tf.Tensor), views.W(node.saved[1] as tf.Tensor)];
      const E = dy && views.E(dy);
      const operands = { W, backwardW: W, A, E, G: undefined };
      onOp({ layer, use, nest, kernelRole: 'A', onlyGradient, ...operands, needsInputGradient: E !== undefined });
    };
    offTape(() => emit());
    const { gradient, inputs } = node;
    const [first, second] = Object.keys(inputs) as [string, string];
    if (!gradient) return;
    node.gradient = function (dys) {
      const onlyGradient = first in this.inputs ? (second in this.inputs ? undefined : 'A') : 'W';
      tf.tidy(() => emit(dys[0], onlyGradient));
      return gradient.call(this, dys);
    };
  });
}
