import type { GemmWork, LoopNest } from './contracts.js';
import { backwardAxes, forwardAxis, type GatherAxis, nestPhase, pairs } from './nest-axes.js';

/** A GEMM that a work is lowered to: m x k by k x n, `groups` times over. */
export interface GemmShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Equal GEMMs, one per group of channels. */
  readonly groups: number;
  /** Products of all groups whose factors both exist: m * n * k * groups less the padding. */
  readonly denseMacs: number;
  /** How rows meet their source, per axis. */
  readonly axes: readonly [GatherAxis, GatherAxis, GatherAxis];
}

/**
 * The GEMMs of a training phase: one, or for the input gradient of a strided nest one per class of input pixels with equal taps, so
 * that no inserted zeros are multiplied.
 *
 * | phase | m | n | k |
 * |---|---|---|---|
 * | forward | batch * output pixels | outChannels / groups | taps * inChannels / groups |
 * | inputGradient | batch * input pixels of the class | inChannels / groups | taps of the class * outChannels / groups |
 * | weightGradient | taps * inChannels / groups | outChannels / groups | batch * output pixels |
 *
 * In a transposed layer forward and inputGradient change places.
 *
 * @example
 * ```ts
 * gemmShapes(denseNest({batch: 2, inFeatures: 3, outFeatures: 4}), 'weightGradient')[0].m; // 3
 * ```
 */
export function gemmShapes(nest: LoopNest, phase: GemmWork['phase']): readonly GemmShape[] {
  const { batch, groups } = nest;
  const inChannels = nest.inChannels / groups;
  const outChannels = nest.outChannels / groups;
  const shape = (axes: GemmShape['axes']): GemmShape => {
    const rows = batch * axes.reduce((product, axis) => product * axis.count, 1);
    const taps = axes.reduce((product, axis) => product * axis.taps.length, 1);
    const positions = axes.reduce((product, axis) => product * pairs(axis), 1);
    const denseMacs = batch * inChannels * outChannels * groups * positions;
    switch (nestPhase(nest, phase)) {
      case 'forward':
        return { m: rows, n: outChannels, k: taps * inChannels, groups, denseMacs, axes };
      case 'inputGradient':
        return { m: rows, n: inChannels, k: taps * outChannels, groups, denseMacs, axes };
      case 'weightGradient':
        return { m: taps * inChannels, n: outChannels, k: rows, groups, denseMacs, axes };
    }
  };
  if (nestPhase(nest, phase) !== 'inputGradient')
    return [shape([forwardAxis(nest, 0), forwardAxis(nest, 1), forwardAxis(nest, 2)])];
  return backwardAxes(nest, 0).flatMap((depth) =>
    backwardAxes(nest, 1).flatMap((height) => backwardAxes(nest, 2).map((width) => shape([depth, height, width]))),
  );
}
