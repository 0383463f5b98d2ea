import type * as tf from '@tensorflow/tfjs';
import { effectiveWeights } from './effective-weights.js';
import { forwardBackwardOp } from './forward-backward-op.js';
import type { OpMasks } from './masked-ops.js';
import { termsToAdd } from './terms-to-add.js';

/** Its name on the tape, by which the tap knows that a kernel comes out where a kernel went in. */
export const maskedKernelName = 'maskedKernel';

/**
 * The weights that a layer computes with in place of W, for layers whose products we do not know: `W.M_f`, and
 * `dW = (G + term).M_g + decay (1 - M_f).W`, G being the gradient of the weights in use.
 *
 * @param w W; masks of the same shape. M_b is the forward mask: one kernel serves the forward pass and the input gradient.
 */
export function maskedKernel(w: tf.Tensor, masks: OpMasks): tf.Tensor {
  const { forward = null, gradient = forward, onGradient } = masks;
  return forwardBackwardOp({
    name: maskedKernelName,
    inputs: { w },
    attrs: {},
    forward(save) {
      save([w]);
      return effectiveWeights(w, forward, masks).clone();
    },
    backward: (dy, [W]) => ({
      w: () => {
        onGradient?.(dy);
        const { term, decay } = termsToAdd(masks);
        let G = term ? dy.add(term) : dy;
        if (gradient) G = G.mul(gradient);
        if (decay === 0 || !forward) return G.clone();
        const pruned = (W as tf.Tensor).sub(effectiveWeights(W as tf.Tensor, forward, masks));
        return G.add(pruned.mul(decay));
      },
    }),
  });
}
