import type { Scnn001Spec } from './scnn001.js';

/** What a PE does under the Cartesian product. */
export interface CartesianLoad {
  /** Vectors of activations that met vectors of weights, a batch of multiplications each. */
  vectorPairs: number;
  haloCycles: number;
  /** Products made, on an output or not. */
  products: number;
  /** Activations that came to the multipliers. */
  activations: number;
  /** Outputs that leave for the PE whose tile they belong to. */
  haloWords: number;
}

/** Adds the products of `a` activations with `w` weights. */
export function meet(load: CartesianLoad, a: number, w: number, { multipliers, weightsPerCycle }: Scnn001Spec): void {
  if (a === 0 || w === 0) return;
  load.vectorPairs += Math.ceil(a / (multipliers / weightsPerCycle)) * Math.ceil(w / weightsPerCycle);
  load.products += a * w;
  load.activations += a;
}

/** Adds `copies` times what one image takes. */
export function addLoad(load: CartesianLoad, own: CartesianLoad, copies: number): void {
  for (const count of Object.keys(own) as (keyof CartesianLoad)[]) load[count] += copies * own[count];
}

/** Nothing to do. */
export const noLoad: CartesianLoad = { vectorPairs: 0, haloCycles: 0, products: 0, activations: 0, haloWords: 0 };
