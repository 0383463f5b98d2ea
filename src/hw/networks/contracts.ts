import type { BitTensor, LoopNest } from '../contracts.js';
import type { FeatureMap } from './feature-map.js';
import type { LayerList } from './layer-list.js';

/** What a tensor goes through next to a layer; it decides where zeros are to be expected. */
export interface Activation {
  /** True behind (or before) a ReLU, directly or with batch normalisation or a max pooling between. */
  readonly relu: boolean;
  /** Share of elements that a dropout sets to zero while training. */
  readonly dropout: number;
}

/** A layer with weights, or a product of two activations, as a network uses it. */
export interface NetworkLayer {
  /** Unique in its network, except that a layer that is used again comes again. */
  readonly name: string;
  /** `attention`: A times a second activation, for each image and head; its nest has a group per head. */
  readonly kind: 'conv' | 'dense' | 'attention';
  /** 0 for the first use of the layer in a pass, 1 for the second ... @default 0 */
  readonly use?: number;
  readonly nest: LoopNest;
  /** False for a frozen layer, which has no weight gradient and no update. @default true */
  readonly trained?: boolean;
  /** Whether a gradient goes on to what made its input: not for a layer that sees the image. */
  readonly needsInputGradient: boolean;
  /** What made the layer's input: the zeros of A. */
  readonly input: Activation;
  /** What the layer's output goes into: the zeros of E. */
  readonly output: Activation;
  /**
   * Multiply-accumulates of a forward pass as papers count them: batch * output pixels * taps * inChannels / groups * outChannels, with
   * taps on padding counted. `denseMacs(nest)` leaves those out.
   */
  readonly macs: number;
  /** The non-zeros of its weights, where they are known: of an imported network. */
  readonly weights?: BitTensor | undefined;
}

/** The layers of a network that multiply, in the order of its forward pass. */
export interface Network {
  readonly name: string;
  /** Images in a training step. */
  readonly batch: number;
  readonly layers: readonly NetworkLayer[];
}

/**
 * How a network is counted: as it is defined; with the pooling maps of Caffe, whose sizes are rounded up; or as Table 1 of 003 counts
 * it (ledger claim 42), which for some layers is at the size behind their pooling.
 */
export type NetworkMode = 'standard' | 'caffeCeil' | 'table1';

/** A network that {@link LayerList} can lay out. */
export interface NetworkKind {
  /** Side of the square input image; 1 for a vector. */
  readonly inputSize: number;
  /** Steps or tokens of a network that takes sequences of vectors; absent for one that takes images. */
  readonly sequence?: number;
  readonly inChannels: number;
  /** 0 for a network without an output layer. */
  readonly classes: number;
  /** @param image what the network takes; of a sequence `size` is the number of steps. */
  build(list: LayerList, image: FeatureMap, classes: number): void;
  /** How Table 1 of 003 counts it; absent for networks that are not in that table. */
  readonly table1?: {
    /** Pooling maps are rounded up. @default false */
    readonly ceil?: boolean;
    /** Side of the output map at which a layer is counted, where that is not its own. */
    readonly countedSize?: Readonly<Record<string, number>>;
  };
}
