import type * as tf from '@tensorflow/tfjs';

/** How the values of a tensor lie in a sparse file: all of them, a bit map and the non-zeros, or N:M groups along an axis. */
export type TensorEncoding =
  | { readonly encoding: 'dense' }
  | { readonly encoding: 'bitmap' }
  | { readonly encoding: 'nm'; readonly n: number; readonly m: number; readonly axis: number };

/** What the header of a sparse file says of a tensor; plain JSON. */
export type StoredTensor = TensorEncoding & {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly group?: 'model' | 'optimizer';
  /** How a float32 value is stored. @default 'float32' */
  readonly values?: 'float16';
};

/** What the header of a sparse file holds: what tfjs hands to a handler but for the weights, and how these are stored. */
export type SparseFileHeader = Omit<tf.io.ModelArtifacts, 'weightSpecs' | 'weightData' | 'getWeightStream'> & {
  readonly modelTopology: object;
  readonly tensors: readonly StoredTensor[];
};
