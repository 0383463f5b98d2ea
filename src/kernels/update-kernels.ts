import type { Pointer, WasmFunction } from './wasm-functions.js';

/** What Adam works with, see `tf.train.adam`. */
export interface AdamNumbers {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly learningRate: number;
  /** Where beta1 and beta2 to the power of the step lie. */
  readonly accumulated: readonly [beta1: Pointer, beta2: Pointer];
}

/** A variable and its two moments. */
export type AdamState = readonly [value: Pointer, m: Pointer, v: Pointer];

/** The steps of optimizers on `count` values, with the bits that tfjs's own have. */
export interface UpdateKernels {
  /** out = value + rate gradient; at `rate` lies the negative learning rate. */
  sgd(value: Pointer, gradient: Pointer, rate: Pointer, out: Pointer, count: number): void;
  /** `next` is what becomes of `state`. */
  adam(state: AdamState, gradient: Pointer, numbers: AdamNumbers, next: AdamState, count: number): void;
}

/** @param wasm the functions of the module, on the memory of all pointers. */
export function updateKernels(wasm: Readonly<Record<string, WasmFunction>>): UpdateKernels {
  return {
    sgd: wasm.sgdUpdate,
    adam(state, gradient, { beta1, beta2, epsilon, learningRate, accumulated }, next, count) {
      const rates = [beta1, 1 - beta1, beta2, 1 - beta2];
      wasm.adamUpdate(...state, gradient, ...rates, ...accumulated, epsilon, -learningRate, ...next, count);
    },
  };
}
