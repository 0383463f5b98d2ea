import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../../errors.js';
import { forwardBackwardOp } from '../forward-backward-op.js';
import { maskedKernelName } from '../masked-kernel-op.js';
import { type OptimizerSlot, slotCandidates } from '../optimizer-slots.js';
import { hasHeap, onHeap } from './on-heap.js';

/**
 * The kept values of a kernel as a variable of their own, which an optimizer trains in place of the dense one, so that nothing is
 * computed for pruned weights. Values and slots go over by position in both directions; pruned ones are 0.
 */
export class CompactKernel {
  readonly variable: tf.Variable;
  /** What the dense variable held when the two were last alike: assigning to a variable gives it other data. */
  private denseData: object;
  private compactData: object;
  /** `order` where tfjs computes. */
  private readonly positions: tf.Tensor;

  /**
   * @param order the positions of the kept values in the dense kernel; at least one.
   * @throws SparsityError when the optimizer has several slots that may be the kernel's.
   */
  constructor(
    private readonly dense: tf.Variable,
    private readonly order: Uint32Array,
    private readonly optimizer: tf.Optimizer,
  ) {
    slotsToMove(optimizer, dense); // throws before anything is made
    this.positions = tf.keep(tf.tensor1d(new Int32Array(order.buffer, order.byteOffset, order.length), 'int32'));
    this.variable = tf.tidy(() => tf.variable(this.gather(dense), true, `${dense.name}/compact`));
    // Copies of the dense variable may share its data, and be written back: from now on it has others.
    tf.tidy(() => dense.assign(this.scatter(this.variable)));
    this.denseData = dense.dataId;
    this.compactData = this.variable.dataId;
    this.moveSlots(dense, this.variable, (slot) => this.gather(slot));
  }

  /** Whether the dense variable was written to from outside since the two were alike. */
  get isStale(): boolean {
    return this.dense.dataId !== this.denseData;
  }

  /** Whether this was made for another optimizer. */
  isFor(optimizer: tf.Optimizer): boolean {
    return this.optimizer === optimizer;
  }

  /** Brings the values of the dense variable up to date. */
  sync(): void {
    if (this.variable.dataId === this.compactData || this.isStale) return;
    tf.tidy(() => this.dense.assign(this.scatter(this.variable)));
    this.denseData = this.dense.dataId;
    this.compactData = this.variable.dataId;
  }

  /** Gives values and slots back to the dense variable. */
  dispose(): void {
    this.sync();
    this.moveSlots(this.variable, this.dense, (slot) => this.scatter(slot));
    tf.dispose([this.variable, this.positions]);
  }

  /** The kernel of now for whoever wants all of it in a loss: what it gets for a gradient comes to the kept values. */
  inFull(): tf.Tensor {
    return forwardBackwardOp({
      name: maskedKernelName,
      // A tap knows the kernel by its dense variable.
      inputs: { w: this.variable, dense: this.dense },
      attrs: {},
      forward: () => this.scatter(this.variable),
      backward: (dy) => ({ w: () => this.gather(dy) }),
    });
  }

  /** Compact values, or their gradient, in the shape of the kernel. */
  scatter(values: tf.Tensor): tf.Tensor {
    if (!hasHeap()) {
      const { shape, size } = this.dense;
      return tf.scatterND(this.positions.expandDims(1), values, [size]).reshape(shape);
    }
    return onHeap({ values, positions: this.positions }, (heap, inputs) => {
      const all = heap.zeros(this.dense.shape);
      heap.lanes.scatter(heap.pointer(inputs.values), heap.pointer(inputs.positions), heap.pointer(all), this.order.length);
      return all;
    });
  }

  private gather(all: tf.Tensor): tf.Tensor {
    if (!hasHeap()) return tf.gather(all.flatten(), this.positions);
    return onHeap({ all, positions: this.positions }, (heap, inputs) => {
      const values = heap.output([this.order.length]);
      heap.lanes.permute(heap.pointer(inputs.all), heap.pointer(inputs.positions), heap.pointer(values), this.order.length);
      return values;
    });
  }

  /** tfjs's optimizers know slots by their place, which stays, and this package by their names, which follow the variable. */
  private moveSlots(from: tf.Variable, to: tf.Variable, convert: (slot: tf.Tensor) => tf.Tensor): void {
    for (const { suffix, slot } of slotsToMove(this.optimizer, from)) {
      const old = slot.variable;
      // Who disposes the optimizer first has no use for its slots.
      if (old.isDisposed) continue;
      slot.variable = tf.tidy(() => tf.variable(convert(old), false));
      slot.originalName = `${to.name}/${suffix}`;
      old.dispose();
    }
  }
}

/** A variable's slots, once they are born. A slot that stayed dense beside compact gradients would be read beyond their end. */
function slotsToMove(optimizer: tf.Optimizer, variable: tf.Variable): { suffix: string; slot: OptimizerSlot }[] {
  return slotCandidates(optimizer, variable).flatMap(({ suffix, slots }) => {
    if (slots.length > 1) {
      throw new SparsityError({
        what: `optimizer slot ${variable.name}/${suffix}`,
        got: slots.map((slot) => slot.originalName),
        expected: 'one slot of that name, or one that differs in its number only',
        fix: 'compile this model with an optimizer of its own, or give its layers names of their own',
      });
    }
    return slots.map((slot) => ({ suffix, slot }));
  });
}
