import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { takeBackSlots } from './lent-slots.js';
import { type OptimizerSlot, optimizerLayout, slotsOf } from './optimizer-slots.js';

/** Everything that a tfjs optimizer carries from step to step. All but `slots` is plain JSON. */
export interface OptimizerState {
  /** tfjs class name: `Adam`. */
  readonly optimizer: string;
  /** Hyperparameters, as tfjs's `getConfig` gives them. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Steps taken. */
  readonly iterations: number;
  /** The running products of Adam's betas, Adamax's own count: the float32 values, exactly. */
  readonly scalars: Readonly<Record<string, number>>;
  /** Values of the slots by kind, in the order of the trained variables; no arrays before the first step. */
  readonly slots: Readonly<Record<string, readonly Float32Array[]>>;
}

/** The parts of tfjs's optimizers that their types hide. */
interface OptimizerParts {
  iterations_?: number;
  learningRate: number;
  setLearningRate?(rate: number): void;
}

/**
 * Reads the complete state of a tfjs optimizer. tfjs's own `getWeights` loses the running products of Adam's betas (it recomputes
 * them on the way in, with another rounding) and throws for Adamax. Slots have the shapes of the model's weights, also where sparse execution
 * trains kept values by themselves.
 *
 * @throws SparsityError for an optimizer that is not one of the seven of tfjs 4.22.
 * @example
 * ```ts
 * readOptimizerState(tf.train.adam(0.001)).optimizer; // 'Adam'
 * ```
 */
export function readOptimizerState(optimizer: tf.Optimizer): OptimizerState {
  const { slots, scalars } = optimizerLayout(optimizer);
  takeBackSlots(optimizer);
  return {
    optimizer: optimizer.getClassName(),
    config: { ...optimizer.getConfig() },
    iterations: optimizer.iterations,
    scalars: Object.fromEntries(scalars.map((field) => [field, scalarOf(optimizer, field).dataSync()[0] as number])),
    slots: Object.fromEntries(
      Object.keys(slots).map((field) => [
        field,
        slotsOf(optimizer, field).map((slot) => Float32Array.from(slot.variable.dataSync())),
      ]),
    ),
  };
}

/**
 * Writes a state into an optimizer of the same class and hyperparameters, fresh or used: training then goes on bit for bit as where
 * the state was read. The learning rate is state, since schedules change it, and is put back; slots are made if not born yet.
 *
 * @param variables the variables that the optimizer trains, in its order: `model.trainableWeights` for a compiled model.
 * @throws SparsityError when class, hyperparameters, number or sizes of the variables differ; then nothing was changed.
 * @example
 * ```ts
 * const state = readOptimizerState(tf.train.adam(0.001));
 * writeOptimizerState(tf.train.adam(0.001), state, []);
 * ```
 */
export function writeOptimizerState(optimizer: tf.Optimizer, state: OptimizerState, variables: readonly tf.Variable[]): void {
  const layout = optimizerLayout(optimizer);
  checkState(optimizer, state, variables);
  takeBackSlots(optimizer);
  const parts = optimizer as unknown as OptimizerParts;
  const rate = state.config.learningRate as number;
  if (parts.setLearningRate) parts.setLearningRate(rate);
  else parts.learningRate = rate;
  parts.iterations_ = state.iterations;
  for (const field of layout.scalars) {
    tf.tidy(() => scalarOf(optimizer, field).assign(tf.scalar(state.scalars[field] as number)));
  }
  for (const [field, suffix] of Object.entries(layout.slots)) {
    const slots = slotsOf(optimizer, field);
    tf.dispose(slots.map((slot) => slot.variable));
    const born = (state.slots[field] ?? []).map((values, i): OptimizerSlot => {
      const variable = variables[i] as tf.Variable;
      // A copy: the cpu backend keeps the array it is given.
      const slot = tf.tidy(() => tf.variable(tf.tensor(Float32Array.from(values), variable.shape, 'float32'), false));
      return { originalName: `${variable.name}/${suffix}`, variable: slot };
    });
    slots.splice(0, slots.length, ...born);
  }
}

/** Throws unless {@link writeOptimizerState} would go through; changes nothing. */
export function checkState(optimizer: tf.Optimizer, state: OptimizerState, variables: readonly tf.Variable[]): void {
  const fix = 'compile the model with the optimizer of the stored run';
  const name = optimizer.getClassName();
  if (name !== state.optimizer) throw new SparsityError({ what: 'optimizer', got: name, expected: state.optimizer, fix });
  const config: Record<string, unknown> = optimizer.getConfig();
  for (const [key, stored] of Object.entries(state.config)) {
    if (key !== 'learningRate' && config[key] !== stored) {
      throw new SparsityError({ what: `optimizer ${name}.${key}`, got: config[key], expected: String(stored), fix });
    }
  }
  for (const [field, arrays] of Object.entries(state.slots)) {
    const sizes = variables.map((variable) => variable.size);
    if (arrays.length > 0 && String(arrays.map((values) => values.length)) !== String(sizes)) {
      throw new SparsityError({
        what: `variables of optimizer ${name}`,
        got: `sizes [${sizes}]`,
        expected: `sizes [${arrays.map((values) => values.length)}] of the stored ${field}`,
        fix: 'restore into the model that was stored, with the same trainable layers',
      });
    }
  }
}

function scalarOf(optimizer: tf.Optimizer, field: string): tf.Variable {
  return (optimizer as unknown as Record<string, tf.Variable>)[field] as tf.Variable;
}
