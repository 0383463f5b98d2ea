/**
 * The contracts of the accelerator models: what a training step is made of (works over bit maps of non-zeros) and what a
 * model answers (counts). No code lives here.
 *
 * @module
 */

/** The four tensors of a layer: weights, activations (its input), errors (dL/d pre-activation), weight gradients. */
export type Role = 'W' | 'A' | 'E' | 'G';

/** The phases of a training step (FP, BP, WG and WU of the papers). */
export type Phase = 'forward' | 'inputGradient' | 'weightGradient' | 'weightUpdate';

/** Depth, height, width. Ranks below three have leading ones: dense [1, 1, 1], conv1d [1, 1, W], conv2d [1, H, W]. */
export type Size3 = readonly [number, number, number];

/**
 * The non-zero pattern of a tensor: bit `i & 31` of `words[i >> 5]` is 1 where element `i` (row-major) is not zero.
 * Bits behind the last element are 0.
 */
export interface BitTensor {
  readonly shape: readonly number[];
  readonly words: Uint32Array;
}

/**
 * The loop nest of a layer's forward convolution; a dense layer is a 1x1 convolution of 1x1 maps.
 * A is [batch, ...inSize, inChannels], E is [batch, ...outSize, outChannels], W and G are [...kernelSize, inChannels / groups,
 * outChannels] (a depthwise kernel [kh, kw, C, M] has the same order of elements as [kh, kw, 1, C * M]).
 */
export interface LoopNest {
  /** Images whose bits are present. */
  readonly batch: number;
  readonly inSize: Size3;
  readonly outSize: Size3;
  readonly kernelSize: Size3;
  readonly stride: Size3;
  /** Zeros before the first element of each axis; those behind follow from the sizes. */
  readonly padBefore: Size3;
  readonly dilation: Size3;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  /**
   * True for a transposed convolution: the layer computes the adjoint of this nest, so its A has the nest's *output* shape, its E the
   * nest's *input* shape, and the phases forward and inputGradient change places. W keeps the nest's order, which is tfjs's.
   */
  readonly transposed: boolean;
}

/** What the tap reports of one use of one layer in one step. Plain data: it crosses to workers. */
export interface LayerTensors {
  /**
   * Layer name; `name/depthwise` and `name/pointwise` for the two halves of a separable convolution; `gru/recurrent[:][0:8]` where a kernel
   * is multiplied in parts, which are layers of their own.
   */
  readonly layer: string;
  /** 0 for the first use of the layer in the step, 1 for the second (shared and time-distributed layers) ... */
  readonly use: number;
  readonly nest: LoopNest;
  /** Effective weights of the forward pass. */
  readonly W: BitTensor;
  /** Effective weights of the input gradient; the same object as W unless the method prunes both ways differently. */
  readonly backwardW: BitTensor;
  readonly A: BitTensor;
  /** Absent for a frozen layer whose input gradient is not needed: it has a forward pass only. */
  readonly E?: BitTensor | undefined;
  /** E as the input gradient multiplied with it, where a method thins it for that product alone. @default E */
  readonly backwardE?: BitTensor | undefined;
  /** A as the weight gradient multiplied with it, where a method thins it for that product alone. @default A */
  readonly gradientA?: BitTensor | undefined;
  /** Absent for a frozen layer: it has no weight gradient and no update. */
  readonly G?: BitTensor | undefined;
  /** False for the first layer: nothing upstream is trained, so its input gradient is never computed. */
  readonly needsInputGradient: boolean;
  /**
   * `A` where the layer multiplies two activations, as attention does: A times W for each image and group. W is then the second activation,
   * [batch, inChannels / groups, outChannels], the nest is 1x1 over the rows of A, and there is no G. @default 'W'
   */
  readonly kernelRole?: 'W' | 'A' | undefined;
  /** Of a product of two activations: the factor that alone has a gradient, where the other comes from nothing trained. @default both */
  readonly onlyGradient?: 'A' | 'W' | undefined;
  /** Images in the real batch; `nest.batch` is smaller when images are sampled. */
  readonly batchTotal: number;
}

/** One operand of a work. */
export interface Operand {
  readonly role: Role;
  /** Layer the tensor belongs to. */
  readonly source: string;
  readonly nonzeros: BitTensor;
}

/** One of the three training GEMMs of a layer. */
export interface GemmWork {
  readonly kind: 'gemm';
  readonly layer: string;
  readonly phase: 'forward' | 'inputGradient' | 'weightGradient';
  readonly nest: LoopNest;
  /** forward: A; inputGradient: E; weightGradient: A. */
  readonly input: Operand;
  /**
   * forward: W; inputGradient: W (backward mask); weightGradient: E. In a product of two activations A instead of W: images do not share
   * it, so each image and head is a group of the nest, and `imageScale` is 1.
   */
  readonly kernel: Operand;
  /** weightGradient: G, whose pattern says which outputs are wanted; otherwise absent: all outputs are computed. */
  readonly output?: Operand;
  /** Real images per image present, at least 1. */
  readonly imageScale: number;
}

/** The weight update of a layer: element-wise over weights and optimizer slots. */
export interface UpdateWork {
  readonly kind: 'update';
  readonly layer: string;
  readonly phase: 'weightUpdate';
  readonly weights: Operand;
  /** Optimizer slots per weight: 0 for SGD, 1 for momentum, 2 for Adam. */
  readonly slots: number;
  /** True when pruned weights are neither read nor written (methods that keep them at zero). */
  readonly masked: boolean;
}

/** One item of a training step. */
export type PhaseWork = GemmWork | UpdateWork;

/** Multiply-accumulates of a work. */
export interface MacCounts {
  /** Of the loop nest, padding not counted: pairs of existing input and kernel elements. */
  readonly dense: number;
  /** Pairs of which both factors are non-zero (and whose output is wanted). */
  readonly effectual: number;
  /** What the model spent a multiplier slot on. */
  readonly executed: number;
}

/**
 * What an accelerator did for one work. Law: `usefulUnitCycles + sum(idleUnitCycles) === units * cycles` for every cycle-level model.
 */
export interface WorkCounts {
  readonly layer: string;
  readonly phase: Phase;
  readonly cycles: number;
  readonly units: number;
  readonly usefulUnitCycles: number;
  /** Unit-cycles lost, by cause: `imbalance`, `ineffectual`, `fill`, `memory`, `reconfiguration`, `underfilled` ... */
  readonly idleUnitCycles: Readonly<Record<string, number>>;
  readonly macs: MacCounts;
  /** max(effectual work / units, bytes / bandwidth), each tensor moved once, in the form in which it is stored. */
  readonly idealCycles: number;
  /** Times each priced action happened; the keys are those of the energy tables. */
  readonly actions: Readonly<Record<string, number>>;
  /** Off-chip bytes by tensor. */
  readonly dramBytes: Readonly<Record<Role, number>>;
  /** What the model chose: `{dataflow: 'WS'}`. */
  readonly decisions: Readonly<Record<string, string>>;
}

/** What an accelerator did in a training step, work by work, in their order. */
export interface StepCounts {
  readonly works: readonly WorkCounts[];
}

/** The description of an accelerator: plain data, valid JSON, enough to build it again in a worker. */
export interface AcceleratorSpec {
  /** Which model: `acf`, `denseArray` ... */
  readonly kind: string;
  /** Label in reports and in the keys `cycles_<name>`, `energy_<name>`: letters, digits, `_` and `-`. */
  readonly name: string;
}

/** An accelerator model. */
export interface Accelerator {
  readonly spec: AcceleratorSpec;
  /** Energy of counts that this accelerator produced, by its own table. */
  readonly energyTable: EnergyTable;
  /** @param state of an earlier run that this one goes on from; at power-on without it. */
  start(state?: AcceleratorState): AcceleratorRun;
}

/** What carries over from step to step in an accelerator, its configuration for example, as plain numbers; empty when nothing does. */
export type AcceleratorState = readonly number[];

/** An accelerator at work. */
export interface AcceleratorRun {
  executeStep(works: readonly PhaseWork[]): StepCounts;
  state(): AcceleratorState;
}

/** Energy per action. */
export interface EnergyTable {
  readonly name: string;
  readonly nodeNm: number;
  readonly source: string;
  readonly actions: Readonly<Record<string, { readonly pj: number; readonly component: string; readonly source: string }>>;
}

/** Energy of some counts, in picojoule, in all and by component (`compute`, `register`, `sram`, `dram`, `interconnect` ...). */
export interface EnergyBreakdown {
  readonly totalPj: number;
  readonly byComponentPj: Readonly<Record<string, number>>;
}

/** Bounds of a modelled quantity: low <= high. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A machine without a cycle model: it tells between which bounds its time and energy lie, not how many cycles it takes. */
export interface Estimator {
  readonly spec: AcceleratorSpec;
  estimateStep(works: readonly PhaseWork[]): StepEstimate;
}

/** What a training step is modelled to take, work by work, in their order, and in all. */
export interface StepEstimate {
  readonly works: readonly EstimatedWork[];
  readonly seconds: Interval;
  readonly energyJ: Interval;
}

/** What one work is modelled to take. */
export interface EstimatedWork {
  readonly layer: string;
  readonly phase: Phase;
  readonly seconds: Interval;
  readonly energyJ: Interval;
  readonly macs: MacCounts;
  /** Off-chip bytes by tensor, each moved once. */
  readonly dramBytes: Readonly<Record<Role, number>>;
  /** What the model took the machine to do: `{kernel: '2:4'}`. */
  readonly decisions: Readonly<Record<string, string>>;
}
