import { checkSpec } from '../check-spec.js';
import type { GemmWork } from '../contracts.js';
import { type FilterLayer, filterLayers } from './filter-layers.js';
import { type TacticalOptions, tacticalSchema } from './options.js';
import { tileArray } from './row-array.js';
import { isScheduled, scheduledArray, scheduledLayers } from './tactical.js';

/** Cycles of a work that the multipliers are busy or wait for each other. */
export interface TacticalCycles {
  /** Behind the front end. */
  readonly cycles: number;
  /** On the array without it, DaDianNao++. */
  readonly denseCycles: number;
}

/**
 * The compute cycles of a work, memory put aside, as the public simulator prints them for its BitTactical and DaDianNao (with `policy:
 * 'most-flexible-first'`, and for the first layer of an image network of its {@link spaceToDepth}). Of several groups the simulator ends
 * each set with that of the first group, which is not done here.
 *
 * @throws SparsityError naming the option that is wrong.
 * @example
 * ```ts
 * const nest = denseNest({batch: 1, inFeatures: 48, outFeatures: 1});
 * const bits = (role: 'A' | 'W', one: number) => ({role, source: 'fc', nonzeros: bitsFrom(new Array(48).fill(one), [48])});
 * const work: GemmWork = {
 *   kind: 'gemm', layer: 'fc', phase: 'forward', nest, input: bits('A', 1), kernel: bits('W', 0), imageScale: 1,
 * };
 * tacticalCycles(work); // {cycles: 1, denseCycles: 3}: two empty rows are skipped, the third is not
 * ```
 */
export function tacticalCycles(work: GemmWork, options: TacticalOptions = {}): TacticalCycles {
  const spec = checkSpec(tacticalSchema, options, 'tactical');
  const layers = filterLayers(work, spec);
  const cyclesOn = (array: ReturnType<typeof tileArray>, own: readonly FilterLayer[]) =>
    own.reduce((sum, layer) => sum + array.time(layer, array.issue(layer)).cycles, 0);
  const denseCycles = cyclesOn(tileArray(spec), layers);
  if (!isScheduled(work, spec)) return { cycles: denseCycles, denseCycles };
  return { cycles: Math.min(denseCycles, cyclesOn(scheduledArray(spec), scheduledLayers(work, layers, spec))), denseCycles };
}
