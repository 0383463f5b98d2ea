import * as tf from '@tensorflow/tfjs';
import { SparsityError } from '../errors.js';
import { canListGroups } from '../kernels/group-lists.js';
import type { GroupedMasks, KernelInfo, LayerMasks, OperandThinning } from '../pruning/contracts.js';
import { isWithin, sameMask, sameMasks } from '../pruning/same-masks.js';
import { checkBits } from './check-bits.js';
import type { PrunableKernel, PrunedTreatment } from './contracts.js';
import { effectiveWeights } from './effective-weights.js';
import { isRecording } from './forward-backward-op.js';
import { hasHeap } from './lanes/on-heap.js';
import { MaskTensors } from './mask-tensors.js';
import type { OpMasks } from './masked-ops.js';
import { namedSlots } from './optimizer-slots.js';

/** Where a masked layer keeps its kernel: a dense variable, or what a region's executor makes of it. */
export interface KernelStore extends PrunableKernel {
  /**
   * What the layer's weight is for who reads it now: the dense variable; in a training step what is trained in its place, where tfjs
   * collects that, and the kernel made of it, in the loss.
   */
  read(): tf.Tensor;
  /** Called before each step of `fit` and `trainOnBatch`: what is trained may take another form now. */
  prepare(optimizer: tf.Optimizer): void;
  /** Frees the masks' tensors. */
  dispose(): void;
}

/** Weights from which the masks in force follow. */
export interface GroupedWeights {
  readonly groups: GroupedMasks;
  /** The values of the kernel when the masks were put in force. */
  readonly weights: tf.Tensor;
  readonly masksOf: (weights: Float32Array) => LayerMasks;
}

/** No mask: all weights in use. */
const allOnes: LayerMasks = { forward: null, backward: null, gradient: null };

/** A kernel as a dense variable beside float masks, which are expanded once per change, where they are used. */
export class DenseKernelStore implements KernelStore {
  /** Undefined while nobody has looked at those that follow from `grouped`. */
  private current: LayerMasks | undefined = allOnes;
  private groupedWeights: GroupedWeights | undefined;
  private readonly tensors: MaskTensors;
  private term: tf.Tensor | undefined;
  isCollecting = false;
  /** G of the step so far, while collecting. */
  private collected: tf.Tensor | undefined;
  /** How operands of the gradient products are thinned in the steps to come. */
  thinning: OperandThinning | undefined;
  private operands: OpMasks = {};
  /** No gradient and no slot can move a masked weight: once 0, weights and slots stay 0 under every optimizer of tfjs. */
  private closed = false;
  /** The variables that have been made 0 where masked, since the last repack. */
  private settled = new WeakSet<tf.Variable>();
  /** The values of the variable that are known to be 0 where masked. */
  private obeying: object | undefined;
  masksUsed = false;
  treatment: PrunedTreatment = { pruned: 'zero', slots: 'zero', decay: 0 };

  constructor(
    readonly info: KernelInfo,
    readonly variable: tf.Variable,
    /** Says whether it is frozen: tfjs does not tell the variable where a layer is born so. */
    readonly layer: { readonly trainable: boolean },
  ) {
    this.tensors = new MaskTensors(info, variable);
  }

  get masks(): LayerMasks {
    if (this.current) return this.current;
    const { weights, masksOf } = this.groupedWeights as GroupedWeights;
    // What is in force if there are none, of NaN.
    this.current = allOnes;
    this.current = masksOf(weights.dataSync<'float32'>());
    return this.current;
  }

  /** What the masks follow from, where they were put in force so. */
  get grouped(): GroupedWeights | undefined {
    return this.groupedWeights;
  }

  /** {@link grouped}, where kernels in lanes make lists of both directions straight from the weights. */
  get listed(): GroupedWeights | undefined {
    return this.groupedWeights && areListable(this.groupedWeights.groups, this.info) ? this.groupedWeights : undefined;
  }

  /** The masks for the functional ops; absent where no mask is in force, so that the plain op will do. */
  get opMasks(): OpMasks | undefined {
    if (this.groupedWeights || this.term || this.thinning || this.isCollecting) return this.operands;
    const { forward, backward, gradient } = this.masks;
    return forward || backward || gradient ? this.operands : undefined;
  }

  /** W.M_f or W.M_b, or the variable itself. */
  effective(mask: 'forward' | 'backward' = 'forward'): tf.Tensor {
    // XNNPACK, with which tfjs convolves on wasm, packs a kernel anew for each new tensor: longer than a convolution of one image.
    if (mask === 'forward' && this.treatment.pruned === 'zero' && !isRecording()) {
      if (this.variable.dataId !== this.obeying) this.enforce();
      return this.variable;
    }
    return effectiveWeights(this.variable, this.operands[mask] ?? null, this.operands);
  }

  readKernel(): Float32Array {
    return valuesOf(this.variable);
  }

  writeKernel(values: Float32Array): void {
    this.checkSize('values', values);
    const forward = this.treatment.pruned === 'zero' && this.masks.forward;
    const kept = forward ? values.map((value, i) => (forward[i] ? value : 0)) : values;
    tf.tidy(() => this.variable.assign(tf.tensor(kept.slice(), this.variable.shape)));
  }

  repack(masks: LayerMasks, treatment: PrunedTreatment, optimizer?: tf.Optimizer): void {
    const forward = this.own(masks.forward, []);
    const backward = masks.backward === masks.forward ? forward : this.own(masks.backward, [forward]);
    const gradient = masks.gradient === masks.forward ? forward : this.own(masks.gradient, [forward, backward]);
    const next = { forward, backward, gradient };
    this.masksUsed &&= this.current !== undefined && sameMasks(this.current, next);
    this.tensors.dispose();
    this.forgetGroups();
    this.current = next;
    this.treat(treatment);
    this.settled = new WeakSet();
    this.closed = treatment.slots === 'zero' && gradient !== null && isWithin(gradient, forward);
    this.enforce(optimizer);
  }

  regroup(groups: GroupedMasks, masksOf: GroupedWeights['masksOf'], treatment: PrunedTreatment, optimizer?: tf.Optimizer): void {
    if (treatment.pruned === 'dense-master' && treatment.slots === 'keep' && hasHeap())
      this.regroupLater(groups, masksOf, treatment);
    else this.repack(masksOf(this.readKernel()), treatment, optimizer);
  }

  /** {@link regroup} where kernels need no masks: they are made when somebody looks at them. Of dense masters only. */
  regroupLater(groups: GroupedMasks, masksOf: GroupedWeights['masksOf'], treatment: PrunedTreatment): void {
    this.tensors.dispose();
    this.forgetGroups();
    // Reshaped, not cloned: every backend shares the values then.
    this.groupedWeights = { groups, weights: tf.keep(this.variable.reshape(this.variable.shape)), masksOf };
    this.current = undefined;
    this.masksUsed = false;
    this.closed = false;
    this.treat(treatment);
  }

  enforce(optimizer?: tf.Optimizer): void {
    const { pruned, slots: slotsAre } = this.treatment;
    if ((pruned !== 'zero' && slotsAre !== 'zero') || !this.masks.forward) return;
    const slots = optimizer && this.treatment.slots === 'zero' ? this.slotsIn(optimizer).map(([, slot]) => slot) : [];
    const moved = this.closed ? slots.filter((slot) => !this.settled.has(slot)) : slots;
    const still = this.closed && optimizer && !moved.length && this.settled.has(this.variable);
    const variables = this.treatment.pruned === 'zero' && !still ? [this.variable, ...moved] : moved;
    for (const variable of variables) {
      const forward = this.operands.forward as tf.Tensor;
      // Adding 0 makes -0, a masked negative weight, 0.
      tf.tidy(() => variable.assign(variable.mul(forward).add(0)));
      this.settled.add(variable);
    }
    if (variables[0] === this.variable) this.obeying = this.variable.dataId;
  }

  read(): tf.Tensor {
    return this.variable;
  }

  settle(): void {}

  prepare(_optimizer: tf.Optimizer): void {}

  addToGradient(term: Float32Array | undefined): void {
    if (term) this.checkSize('gradient term', term);
    this.term?.dispose();
    this.term = term && tf.keep(tf.tensor(term.slice(), this.variable.shape));
    this.setOperands();
  }

  collectGradient(on: boolean): void {
    this.collected?.dispose();
    this.collected = undefined;
    if (this.isCollecting === on) return;
    this.isCollecting = on;
    this.setOperands();
  }

  gradient(): Float32Array | undefined {
    return this.collected && valuesOf(this.collected);
  }

  readSlots(optimizer: tf.Optimizer): Readonly<Record<string, Float32Array>> {
    return Object.fromEntries(this.slotsIn(optimizer).map(([name, slot]) => [name, valuesOf(slot)]));
  }

  thinOperands(thinning: OperandThinning | undefined): void {
    this.thinning = thinning;
    this.setOperands();
  }

  dispose(): void {
    // Who asks later asks for the masks that were last in force.
    this.current = this.masks;
    this.forgetGroups();
    this.tensors.dispose();
    this.addToGradient(undefined);
    this.collectGradient(false);
  }

  private slotsIn(optimizer: tf.Optimizer): ReturnType<typeof namedSlots> {
    return namedSlots(optimizer, this.variable, this.layer.trainable && this.variable.trainable);
  }

  private collect(G: tf.Tensor): void {
    const before = this.collected;
    this.collected = tf.keep(before ? before.add(G) : G.clone());
    before?.dispose();
  }

  private treat({ pruned, slots, decay }: PrunedTreatment): void {
    this.treatment = { pruned, slots, decay };
    this.setOperands();
  }

  private forgetGroups(): void {
    this.groupedWeights?.weights.dispose();
    this.groupedWeights = undefined;
  }

  private setOperands(): void {
    const { tensors } = this;
    const expand = (name: keyof LayerMasks) =>
      this.groupedWeights ? tensors.multiply(name, this.groupedWeights, () => this.masks) : tensors.expand(this.masks[name]);
    this.operands = {
      get forward() {
        return expand('forward');
      },
      get backward() {
        return expand('backward');
      },
      get gradient() {
        return expand('gradient');
      },
      term: this.term ?? null,
      areApplied: this.groupedWeights !== undefined,
      sharedBy: this,
      decay: this.treatment.decay,
      ...(this.isCollecting && { onGradient: (G: tf.Tensor) => this.collect(G) }),
      thinning: this.thinning ?? null,
    };
  }

  /** A copy, or the earlier mask of the same content. */
  private own(mask: Uint8Array | null, earlier: readonly (Uint8Array | null)[]): Uint8Array | null {
    if (!mask) return null;
    this.checkSize('mask', mask);
    checkBits(mask, this.info.name);
    return earlier.find((other) => sameMask(other, mask)) ?? mask.slice();
  }

  private checkSize(what: string, { length }: { readonly length: number }): void {
    if (length === this.variable.size) return;
    throw new SparsityError({
      what: `${what} of layer ${this.info.name}`,
      got: `${length} elements`,
      expected: `${this.variable.size}, the size of the kernel [${this.variable.shape}]`,
      fix: 'give one element per weight, in row-major order',
    });
  }
}

/** Whether lists of both directions can be made straight from the weights of a kernel. */
export function areListable(groups: GroupedMasks, { shape, outputAxis }: KernelInfo): boolean {
  return groups.forward === 'input' && canListGroups(groups, shape[outputAxis] as number);
}

/** A copy of what a tensor holds. */
function valuesOf(tensor: tf.Tensor): Float32Array {
  const values = tensor.dataSync<'float32'>();
  // On wasm it is a copy already; elsewhere it may be the tensor's own memory.
  return tf.getBackend() === 'wasm' ? values : values.slice();
}
