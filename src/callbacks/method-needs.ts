import type * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { sizeOf } from '../hw/bits.js';
import type { PrunableKernel } from '../ops/index.js';
import { slotNames } from '../ops/optimizer-slots.js';
import { checkChoice } from '../pruning/check.js';
import type { KernelState, Need, PruningMethod } from '../pruning/contracts.js';

/** What a method needs of its kernels besides weights and masks, over a run; kernels come in the same order each time. */
export class MethodNeeds {
  private states: readonly Float32Array[] = [];
  /** Weights at which the gradient of the step is taken. */
  private weights: readonly Float32Array[] = [];

  constructor(private readonly method: PruningMethod) {
    for (const need of method.needs ?? []) {
      checkChoice(`needs of pruning method ${method.name}`, need, ['gradient', 'slots', 'state']);
    }
    if (this.needs('state') === (method.accumulate !== undefined)) return;
    throw new SparsityError({
      what: `pruning method ${method.name}`,
      got: method.accumulate ? 'accumulate without the need of a state' : 'the need of a state without accumulate',
      expected: 'both or neither',
      fix: "give the method accumulate, which makes the state, and needs: ['gradient', 'state']",
    });
  }

  /** Throws for an optimizer that does not keep the slots that the method needs. */
  checkOptimizer(optimizer: tf.Optimizer): void {
    if (!this.needs('slots')) return;
    const kept = slotNames(optimizer);
    const { slotNames: lists = [kept] } = this.method;
    const missing = lists.find((names) => !names.some((name) => kept.includes(name)));
    if (!missing) return;
    throw new SparsityError({
      what: `optimizer under pruning method ${this.method.name}`,
      got: `${optimizer.getClassName()}, which keeps ${kept.length > 0 ? `the slots ${kept.join(', ')}` : 'no slots'}`,
      expected: missing.length > 0 ? `one that keeps ${missing.join(' or ')}` : 'one with the slots that the score looks at',
      fix: 'compile with tf.train.adam(), or choose another score',
    });
  }

  /** Throws for states of other kernels than these: another model's, from an earlier run. */
  checkStates(kernels: readonly PrunableKernel[]): void {
    if (this.states.length === 0) return;
    const sizes = kernels.map(({ info }) => sizeOf(info.shape));
    const before = this.states.map(({ length }) => length);
    // A method may keep none of some.
    if (sizes.length === before.length && before.every((size, i) => size === 0 || size === sizes[i])) return;
    throw new SparsityError({
      what: `sizes of the layers under pruning method ${this.method.name}`,
      got: sizes.join(', '),
      expected: `as before, ${before.join(', ')}, of which it keeps a state`,
      fix: 'make a new pruning(...) for another model',
    });
  }

  /** Has the kernels keep the gradient of a step after which masks are made, or the state goes on. */
  beforeStep(kernels: readonly PrunableKernel[], step: number): void {
    const accumulates = this.needs('state');
    if (accumulates) this.weights = kernels.map((kernel) => kernel.readKernel());
    if (!this.needs('gradient') || !(accumulates || this.method.schedule(step + 1).update)) return;
    for (const kernel of kernels) kernel.collectGradient(true);
  }

  /** Takes the step into the state. */
  afterStep(kernels: readonly PrunableKernel[]): void {
    const { accumulate } = this.method;
    if (!accumulate) return;
    this.states = kernels.map((kernel, i) => {
      const { info, masks } = kernel;
      return accumulate({ info, weights: this.weights[i], masks, gradient: kernel.gradient(), state: this.states[i] });
    });
  }

  /** What the method needs to see of a kernel, the `i`th, after a step. */
  of(kernel: PrunableKernel, i: number, optimizer: tf.Optimizer): Pick<KernelState, Need> {
    return {
      ...(this.needs('gradient') && { gradient: kernel.gradient() }),
      ...(this.needs('slots') && { slots: kernel.readSlots(optimizer) }),
      ...(this.needs('state') && { state: this.states[i] }),
    };
  }

  /** Frees what was kept for the step. */
  release(kernels: readonly PrunableKernel[]): void {
    this.weights = [];
    if (this.needs('gradient')) for (const kernel of kernels) kernel.collectGradient(false);
  }

  runState(): { readonly scoreStates?: readonly Float32Array[] } {
    return this.states.length > 0 ? { scoreStates: this.states } : {};
  }

  restoreRunState(states: readonly Float32Array[] = []): void {
    this.states = states;
  }

  private needs(need: Need): boolean {
    return this.method.needs?.includes(need) ?? false;
  }
}
