import type { MagnitudeGroups } from '../kernels/index.js';
import type { Rng } from '../rng.js';

/**
 * The contracts of pruning: which weights stay. Four independent choices (schedule, score, pattern, allocation), and methods that
 * combine them. No code lives here; nothing here knows tensors.
 *
 * @module
 */

/** The kinds of layers whose kernels can be pruned. */
export type KernelKind = 'dense' | 'conv1d' | 'conv2d' | 'depthwiseConv2d';

/** A kernel seen by a pruning method: its name, shape and which axes are the GEMM's reduction axes. */
export interface KernelInfo {
  /** Layer name. */
  readonly name: string;
  readonly kind: KernelKind;
  /** In tfjs order: dense [in, out], conv1d [k, in, out], conv2d [h, w, in, out], depthwise [h, w, in, multiplier]. */
  readonly shape: readonly number[];
  /** Axis that the forward pass reduces over (input channels): dense 0, conv1d 1, conv2d 2, depthwise 2. */
  readonly inputAxis: number;
  /** Axis that the input gradient reduces over (output channels): dense 1, conv1d 2, conv2d 3, depthwise 3. */
  readonly outputAxis: number;
  /**
   * Whether its products are not known: one mask then serves the forward pass and the input gradient, and no operand can be thinned.
   * @default false
   */
  readonly oneMask?: boolean;
}

/** What to do at an optimizer step: the target sparsity in [0, 1), and whether masks are made anew. Steps count from 0. */
export interface ScheduleState {
  readonly sparsity: number;
  readonly update: boolean;
}

/** Plain data that says what a part is and with which options; `name` is the key under which it can be made again. */
export interface Config {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** Carries its {@link Config}. A function of your own may leave it out; logs then call it `custom`. */
export interface Described {
  readonly config?: Config;
}

/** Sparsity over the steps of a training. */
export type Schedule = ((step: number) => ScheduleState) &
  Described & {
    /**
     * The number of the first step by the schedule's own count: a method asks for its step 0 by it.
     * @default 0
     */
    readonly firstStep?: number;
  };

/**
 * What a score or a method looks at besides weights and masks. It costs memory and time, so that who trains provides it only where it is
 * needed: gradients at steps after which the schedule updates, and at every step for who also needs a state.
 */
export type Need = 'gradient' | 'slots' | 'state';

/** What a score or a method has besides being one. */
export interface Needing {
  readonly needs?: readonly Need[];
  /** Of who needs `slots`: of each list one that the optimizer has to keep. Without it any slots will do. */
  readonly slotNames?: readonly (readonly string[])[];
  /**
   * Of who needs `state`: the state after a step, one number per weight, from the one before it. `kernel` holds the gradient of the step, and
   * the weights at which it was taken.
   */
  readonly accumulate?: (kernel: KernelState) => Float32Array;
}

/** A kernel with what a method may look at. */
export interface KernelState {
  readonly info: KernelInfo;
  /** Current dense values, row-major. Never written to. */
  readonly weights: Float32Array;
  /** Masks in force, or undefined before the first. */
  readonly masks: LayerMasks | undefined;
  /**
   * For who needs `gradient`: the dense gradient of the loss by the effective weights in the step just done, before M_g, decay and penalties,
   * summed over all uses of the kernel. Undefined before the first step, and for a layer that does not train.
   */
  readonly gradient?: Float32Array | undefined;
  /** For who needs `slots`: those of the optimizer by name, see `PrunableKernel.readSlots`; empty before its first step. */
  readonly slots?: Readonly<Record<string, Float32Array>> | undefined;
  /** For who needs `state`: what {@link Needing.accumulate} has made; undefined before the first step. */
  readonly state?: Float32Array | undefined;
}

/**
 * Importance of each weight: higher stays. -Infinity marks a weight that a pattern takes last, if at all. A function of your own that looks at
 * more than weights and masks says so: `Object.assign(score, {needs: ['gradient'] as const})`. `index` is the place of the kernel among the
 * pruned ones: what is drawn follows from it, never from the name, which a model that is built again may not have. Numbers of another type are
 * rounded to float32.
 */
export type Score = ((kernel: KernelState, index?: number) => Float32Array) & Described & Needing;

/** Which weights stay (1), given scores and a target sparsity. Exact and deterministic: ties go to the lowest index. */
export type Pattern = ((scores: Float32Array, info: KernelInfo, sparsity: number) => Uint8Array) & Described;

/** A kernel with the scores of its weights. */
export interface ScoredKernel {
  readonly info: KernelInfo;
  readonly scores: Float32Array;
}

/** Sparsity of each layer, from the target of the whole; 1 for a layer that is emptied, which no pattern is asked for. */
export type Allocation = ((kernels: readonly ScoredKernel[], sparsity: number) => readonly number[]) & Described;

/** The named masks of a layer, 1 keeps; each has the kernel's number of elements. `null` means all ones. */
export interface LayerMasks {
  /** M_f: effective weights of the forward pass. */
  readonly forward: Uint8Array | null;
  /** M_b: effective weights of the input gradient. */
  readonly backward: Uint8Array | null;
  /** M_g: which weights receive a gradient. */
  readonly gradient: Uint8Array | null;
}

/**
 * Makes zeros in an operand of a gradient product: other values for those given, in an array of their own. `values` are row-major, `shape`
 * is [rows, channels] of a dense kernel, [batch, height, width, channels] of a convolution. `values` are never written to.
 */
export type Thin = (values: Float32Array, shape: readonly number[]) => Float32Array;

/** The operands of a kernel's gradient products that are thinned in one step; what is left out is multiplied as it is. */
export interface OperandThinning {
  /** E of both products, so that what flows on to earlier layers follows from it. The gradient of a bias takes E as it comes. */
  readonly E?: Thin;
  /** K_E: E of the input gradient alone; the weight gradient does not see it. */
  readonly backwardE?: Thin;
  /** K_A: A of the weight gradient alone; the forward pass does not see it. */
  readonly gradientA?: Thin;
}

/**
 * When a method is asked for masks, and what for. `rng` is the only source of randomness: its draws follow from the run, the step and, where
 * the method is asked about one kernel, the place of that among the pruned ones; not from names, which a model that is built again may not have.
 */
export interface UpdateContext {
  readonly step: number;
  readonly sparsity: number;
  readonly rng: Rng;
}

/** Masks that follow from the weights: N:M by magnitude, ties to the lowest index; M_g is all ones. */
export interface GroupedMasks extends MagnitudeGroups {
  /** M_f: N:M along the input axis, or all ones. */
  readonly forward: 'input' | 'ones';
  /** M_b: N:M along the output axis of the same weights, or M_f. */
  readonly backward: 'output' | 'forward';
}

/** A pruning method: plain data and pure functions. Its needs are those of its score, where it has one. */
export interface PruningMethod extends Needing {
  readonly name: string;
  /** `zero`: pruned weights are exactly 0 after every step. `dense-master`: the stored weights stay dense, the operands obey masks. */
  readonly pruned: 'zero' | 'dense-master';
  /** What becomes of the optimizer slots of pruned weights. */
  readonly slots: 'zero' | 'keep';
  readonly schedule: Schedule;
  /** SR-STE decay lambda: `lambda * (1 - M_f) * W` is added to the gradient of W. 0 for none. */
  readonly decay: number;
  /** Of a method that does not treat all kernels alike: `pruned`, `slots` and `decay` of one, in place of its own. */
  treatmentOf?(info: KernelInfo): Pick<PruningMethod, 'pruned' | 'slots' | 'decay'>;
  /** All options, serialisable: it goes into run logs and checkpoints, and must match on resume. */
  readonly config: Config;
  /** Why a kernel is left dense, or undefined when it is pruned. */
  skip(info: KernelInfo): string | undefined;
  /** Throws for a kernel that it is not made for, as one that its pattern does not fit. Asked before training, of those not skipped. */
  check?(info: KernelInfo): void;
  /**
   * Says that {@link PruningMethod.updateMasks}, at any sparsity but 0, makes masks of the weights alone, and which. WebAssembly kernels then
   * make the operands from the weights, and masks are made when somebody looks at them. A method that makes other masks must leave it out.
   */
  readonly groups?: GroupedMasks;
  /** New masks for the kernels that are not skipped, in their order. */
  updateMasks(kernels: readonly KernelState[], context: UpdateContext): readonly LayerMasks[];
  /**
   * A proximal step on the weights after the optimizer's (a structured regulariser), before masks are made: new weights of the kernels that are
   * not skipped, in their order, undefined for one that does not change.
   */
  proximal?(kernels: readonly KernelState[], context: UpdateContext): readonly (Float32Array | undefined)[];
  /**
   * The gradient of a penalty on the weights, one number per weight: a term that is added to the gradient G of the kernel before the
   * optimizer's step, as `decay` is, so that momentum and moments see the sum. `context` is that of the step to come, `kernel` is as
   * it stands before that step. Undefined when there is nothing to add.
   */
  penaltyGradient?(kernel: KernelState, context: UpdateContext): Float32Array | undefined;
  /**
   * Which operands of the gradient products of a kernel are thinned in the step to come, and how; asked before each step. `context` is
   * that of this step. Undefined when all are multiplied as they are.
   */
  thin?(info: KernelInfo, context: UpdateContext): OperandThinning | undefined;
}
