import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { takeBackSlots } from './lent-slots.js';

/** One slot variable as tfjs's optimizers hold it: their private arrays are indexed like the gradients they are given. */
export interface OptimizerSlot {
  originalName: string;
  variable: tf.Variable;
}

/** What a tfjs optimizer carries from step to step, besides its count of iterations. */
export interface OptimizerLayout {
  /** Field of the optimizer that holds one kind of slot, to the suffix of its slots' names. */
  readonly slots: Readonly<Record<string, string>>;
  /** Fields that hold a scalar variable. */
  readonly scalars: readonly string[];
}

const layouts: Readonly<Record<string, OptimizerLayout>> = {
  SGD: { slots: {}, scalars: [] },
  Momentum: { slots: { accumulations: 'momentum' }, scalars: [] },
  Adagrad: { slots: { accumulatedGrads: 'accumulator' }, scalars: [] },
  Adadelta: { slots: { accumulatedGrads: 'accum_grad', accumulatedUpdates: 'accum_var' }, scalars: [] },
  Adam: { slots: { accumulatedFirstMoment: 'm', accumulatedSecondMoment: 'v' }, scalars: ['accBeta1', 'accBeta2'] },
  Adamax: { slots: { accumulatedFirstMoment: 'm', accumulatedWeightedInfNorm: 'v' }, scalars: ['accBeta1', 'iteration'] },
  RMSProp: {
    slots: { accumulatedMeanSquares: 'rms', accumulatedMoments: 'momentum', accumulatedMeanGrads: 'mg' },
    scalars: [],
  },
};

/** The layout of an optimizer of tfjs 4.22; an error for any other class. */
export function optimizerLayout(optimizer: tf.Optimizer): OptimizerLayout {
  const name = optimizer.getClassName();
  const layout = Object.hasOwn(layouts, name) ? layouts[name] : undefined;
  if (!layout || Object.keys(layout.slots).some((field) => !Array.isArray(slotsOf(optimizer, field)))) {
    throw new SparsityError({
      what: 'optimizer',
      got: name,
      expected: `one of ${Object.keys(layouts).join(', ')} of tfjs 4.22`,
      fix: "compile with tf.train.adam(...) or another of tfjs's own optimizers",
    });
  }
  return layout;
}

/** The private array behind one kind of slot. */
export function slotsOf(optimizer: tf.Optimizer, field: string): OptimizerSlot[] {
  return (optimizer as unknown as Record<string, OptimizerSlot[]>)[field] as OptimizerSlot[];
}

/**
 * The slot variables that an optimizer keeps for one weight variable: none for SGD, one for momentum and Adagrad, two for Adadelta,
 * Adam, Adamax and RMSProp, three for centered RMSProp. Empty before the optimizer's first step, when slots are born.
 * Each has the shape of `variable`; they are live until the next step: `assign` to them, do not dispose them.
 *
 * Slots are found by the names that tfjs gives them, `<variable name>/m` and the like. A model loaded beside its original has its
 * variables renamed (`kernel` to `kernel_1`) while loaded slots keep their names; then the one slot of that base name and of the variable's shape is
 * taken. A frozen variable has no such slot, and the slot of a variable that was made after it is none of its own: both are of a namesake
 * that is trained beside it.
 *
 * @throws SparsityError for an optimizer that is not one of the seven of tfjs 4.22.
 * @example
 * ```ts
 * const w = tf.variable(tf.ones([2]));
 * const optimizer = tf.train.adam();
 * optimizer.minimize(() => w.square().sum().asScalar(), false, [w]);
 * optimizerSlots(optimizer, w).length; // 2
 * ```
 */
export function optimizerSlots(optimizer: tf.Optimizer, variable: tf.Variable): tf.Variable[] {
  takeBackSlots(optimizer);
  return namedSlots(optimizer, variable).map(([, slot]) => slot);
}

/** {@link optimizerSlots} with their names, see `PrunableKernel.readSlots`. */
export function namedSlots(
  optimizer: tf.Optimizer,
  variable: tf.Variable,
  isTrained = variable.trainable,
): [name: string, slot: tf.Variable][] {
  return slotCandidates(optimizer, variable, isTrained).flatMap(({ field, suffix, slots }) =>
    slots.length === 1 ? [[slotName(field, suffix), slots[0].variable]] : [],
  );
}

/** The names of the slots that an optimizer keeps of each variable. */
export function slotNames(optimizer: tf.Optimizer): string[] {
  return Object.entries(optimizerLayout(optimizer).slots).map(([field, suffix]) => slotName(field, suffix));
}

/** tfjs has one suffix for two things: a mean of squares, and a maximum. */
function slotName(field: string, suffix: string): string {
  return field === 'accumulatedWeightedInfNorm' ? 'u' : suffix;
}

/** What may be the slots of one kind of a variable. */
export interface SlotCandidates {
  /** Field of the optimizer that holds them. */
  readonly field: string;
  /** Suffix of their names. */
  readonly suffix: string;
  /** None, one, or several of one base name. */
  readonly slots: readonly OptimizerSlot[];
}

/** What may be the slots of a variable, by kind, as {@link optimizerSlots} finds them. */
export function slotCandidates(optimizer: tf.Optimizer, variable: tf.Variable, isTrained = variable.trainable): SlotCandidates[] {
  return Object.entries(optimizerLayout(optimizer).slots).map(([field, suffix]) => {
    const all = slotsOf(optimizer, field);
    const name = `${variable.name}/${suffix}`;
    const exact = all.filter((slot) => slot.originalName === name);
    const isNamesake = (slot: OptimizerSlot) =>
      isTrained &&
      !isOfYounger(variable, slot.originalName.slice(0, -suffix.length - 1)) &&
      baseName(slot.originalName, suffix) === baseName(name, suffix) &&
      String(slot.variable.shape) === String(variable.shape);
    return { field, suffix, slots: exact.length > 0 ? exact : all.filter(isNamesake) };
  });
}

/** Whether a name is that of a variable made after another. A loaded model is younger than the original that its slots are named after. */
function isOfYounger(variable: tf.Variable, name: string): boolean {
  const owner = tf.engine().registeredVariables[name];
  return owner !== undefined && owner.id > variable.id;
}

/** A variable's name without the number that tfjs appends to make it unique. */
function baseName(slotName: string, suffix: string): string {
  return slotName.slice(0, -suffix.length - 1).replace(/_\d+$/, '');
}
