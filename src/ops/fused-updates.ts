import * as tf from '@tensorflow/tfjs';
import type { Pointer } from '../kernels/index.js';
import type { AdamState } from '../kernels/update-kernels.js';
import { allOnHeap, hasHeap, onHeap } from './lanes/on-heap.js';
import type { OptimizerSlot } from './optimizer-slots.js';

/** What of tfjs's optimizers their types hide. */
interface Sgd {
  /** The negative learning rate. */
  readonly c: tf.Scalar;
}
interface Adam {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly accBeta1: tf.Variable;
  readonly accBeta2: tf.Variable;
  readonly accumulatedFirstMoment: OptimizerSlot[];
  readonly accumulatedSecondMoment: OptimizerSlot[];
}
interface Updater {
  applyGradients(gradients: readonly Gradient[] | tf.NamedTensorMap): void;
  incrementIterations(): void;
}
interface Gradient {
  readonly name: string;
  readonly tensor: tf.Tensor | null | undefined;
}

type Three = [Pointer, Pointer, Pointer];

/** Updates variables, in one pass each; whether it could. */
type Update = (optimizer: tf.Optimizer, gradients: readonly Gradient[]) => boolean;

/** By prototype: a class that extends one of these may do something else with the gradients. */
const updates: ReadonlyMap<unknown, Update> = new Map<unknown, Update>([
  [tf.SGDOptimizer.prototype, sgd],
  [tf.AdamOptimizer.prototype, adam],
]);

/**
 * Runs a training step with an optimizer that updates each variable in one pass, where tfjs takes two operations (SGD) or fourteen (Adam);
 * the results are the same to the bit. Other optimizers, classes that extend these two, and the first step of Adam, which makes its slots,
 * stay as they are; so does a step of Adam whose slots are those of another model.
 */
export function withFusedUpdates<T>(optimizer: tf.Optimizer, step: () => T): T {
  const update = updates.get(Object.getPrototypeOf(optimizer));
  if (!update || !hasHeap() || Object.hasOwn(optimizer, 'applyGradients')) return step();
  const updater = optimizer as unknown as Updater;
  const own = updater.applyGradients;
  updater.applyGradients = (gradients) => {
    if (Array.isArray(gradients) && update(optimizer, gradients)) updater.incrementIterations();
    else own.call(updater, gradients);
  };
  try {
    return step();
  } finally {
    Reflect.deleteProperty(updater, 'applyGradients');
  }
}

function variableOf(name: string): tf.Variable {
  return tf.engine().registeredVariables[name] as tf.Variable;
}

function sgd(optimizer: tf.Optimizer, gradients: readonly Gradient[]): boolean {
  const { c } = optimizer as unknown as Sgd;
  for (const { name, tensor: gradient } of gradients) {
    if (!gradient) continue;
    const value = variableOf(name);
    tf.tidy(() =>
      value.assign(
        onHeap({ value, gradient, c }, (heap, inputs) => {
          const next = heap.output(value.shape);
          const [at, gradientAt, rateAt] = [inputs.value, inputs.gradient, inputs.c].map((t) => heap.pointer(t)) as Three;
          heap.lanes.sgd(at, gradientAt, rateAt, heap.pointer(next), value.size);
          return next;
        }),
      ),
    );
  }
  return true;
}

function adam(optimizer: tf.Optimizer, gradients: readonly Gradient[]): boolean {
  const state = optimizer as unknown as Adam;
  const {
    beta1,
    beta2,
    epsilon,
    learningRate,
    accBeta1,
    accBeta2,
    accumulatedFirstMoment: ms,
    accumulatedSecondMoment: vs,
  } = state;
  const fits = (slot: OptimizerSlot | undefined, { shape }: tf.Variable) =>
    slot !== undefined && tf.util.arraysEqual(slot.variable.shape, shape);
  // Kernels on the heap do not look: with slots of another shape they would write over what lies behind.
  if (!gradients.every(({ name }, i) => fits(ms[i], variableOf(name)) && fits(vs[i], variableOf(name)))) return false;
  gradients.forEach(({ name, tensor: gradient }, i) => {
    if (!gradient) return;
    const variables = [variableOf(name), ms[i]?.variable, vs[i]?.variable] as [tf.Variable, tf.Variable, tf.Variable];
    const [value, m, v] = variables;
    tf.tidy(() => {
      const results = allOnHeap({ value, m, v, gradient, accBeta1, accBeta2 }, (heap, inputs) => {
        const at = (t: tf.TensorInfo | undefined) => heap.pointer(t as tf.TensorInfo);
        const next = variables.map(({ shape }) => heap.output(shape));
        const numbers = { beta1, beta2, epsilon, learningRate, accumulated: [at(inputs.accBeta1), at(inputs.accBeta2)] } as const;
        const before: AdamState = [at(inputs.value), at(inputs.m), at(inputs.v)];
        heap.lanes.adam(before, at(inputs.gradient), numbers, next.map(at) as unknown as AdamState, value.size);
        return next;
      });
      variables.forEach((variable, k) => {
        variable.assign(results[k] as tf.Tensor);
      });
    });
  });
  tf.tidy(() => {
    accBeta1.assign(accBeta1.mul(beta1));
    accBeta2.assign(accBeta2.mul(beta2));
  });
  return true;
}
