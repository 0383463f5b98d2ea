import * as tf from '@tensorflow/tfjs';
import { forwardBackwardOp } from './forward-backward-op.js';
import { hasHeap, onHeap } from './lanes/on-heap.js';

type Loss = (target: tf.Tensor, output: tf.Tensor) => tf.Tensor;

/** What of a compiled model tfjs's types hide. */
interface CompiledModel {
  readonly loss: unknown;
  lossFunctions: Loss[];
}

/**
 * Runs a training step of a model whose loss is `categoricalCrossentropy`, by name, with the one operation of {@link fusedCrossentropy} in its
 * place: tfjs takes 16 of them there and 30 back, more than all the layers of a small network.
 */
export function withFusedLoss<T>(model: tf.LayersModel, step: () => T): T {
  const compiled = model as unknown as CompiledModel;
  if (compiled.loss !== 'categoricalCrossentropy' || !hasHeap()) return step();
  const own = compiled.lossFunctions;
  compiled.lossFunctions = own.map((loss) => (target, output) => {
    const fits = target.dtype === 'float32' && tf.util.arraysEqual(target.shape, output.shape);
    return fits ? fusedCrossentropy(target, output) : loss(target, output);
  });
  try {
    return step();
  } finally {
    compiled.lossFunctions = own;
  }
}

/**
 * tfjs-layers' crossentropy of probabilities: for each row -sum of target log(p), with p = output / (sum of output), held between epsilon and
 * 1 - epsilon, beyond which nothing has a gradient.
 *
 * @param target not differentiated.
 */
export function fusedCrossentropy(target: tf.Tensor, output: tf.Tensor): tf.Tensor {
  const { shape } = output;
  const classes = shape.at(-1) as number;
  return forwardBackwardOp({
    name: 'fusedCrossentropy',
    inputs: { output },
    attrs: {},
    forward(save) {
      save([target, output]);
      return onHeap({ target, output }, (heap, inputs) => {
        const losses = heap.output(shape.slice(0, -1));
        const [t, o, into] = heap.views(inputs.target, inputs.output, losses);
        lossOfRows(t, o, classes, into);
        return losses;
      });
    },
    backward: (dy, saved) => ({
      output: () => {
        const [t, o] = saved as [tf.Tensor, tf.Tensor];
        return onHeap({ t, o, dy }, (heap, inputs) => {
          const gradient = heap.output(shape);
          const [T, O, errors, into] = heap.views(inputs.t, inputs.o, inputs.dy, gradient);
          gradientOfRows(T, O, errors, classes, into);
          return gradient;
        });
      },
    }),
  });
}

/** Bounds of a probability, as float32 has them. */
function bounds(): readonly [low: number, high: number] {
  const epsilon = tf.backend().epsilon();
  return [Math.fround(epsilon), Math.fround(1 - epsilon)];
}

function sumOf(values: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i] as number;
  return sum;
}

function lossOfRows(target: Float32Array, output: Float32Array, classes: number, losses: Float32Array): void {
  const [low, high] = bounds();
  for (let row = 0, from = 0; row < losses.length; row++, from += classes) {
    const sum = sumOf(output, from, from + classes);
    // Not 0: a target without a class would hide an output that is NaN.
    let loss = Number.isNaN(sum) ? Number.NaN : 0;
    for (let i = from; i < from + classes; i++) {
      if (target[i] === 0) continue;
      const p = Math.fround((output[i] as number) / sum);
      loss -= (target[i] as number) * Math.log(Math.min(high, Math.max(low, p)));
    }
    losses[row] = loss;
  }
}

function gradientOfRows(
  target: Float32Array,
  output: Float32Array,
  errors: Float32Array,
  classes: number,
  gradient: Float32Array,
): void {
  const [low, high] = bounds();
  for (let row = 0, from = 0; row < errors.length; row++, from += classes) {
    const sum = sumOf(output, from, from + classes);
    let through = 0;
    for (let i = from; i < from + classes; i++) {
      const p = Math.fround((output[i] as number) / sum);
      const inside = p >= low && p <= high && target[i] !== 0;
      const slope = inside ? (-(errors[row] as number) * (target[i] as number)) / p : 0;
      gradient[i] = slope / sum;
      through += slope * (output[i] as number);
    }
    // The sum of the row moves with each of its outputs.
    for (let i = from; i < from + classes; i++) gradient[i] = (gradient[i] as number) - through / sum / sum;
  }
}
