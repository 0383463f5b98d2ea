import type { LoopNest } from '../contracts.js';

/**
 * Multiply-accumulates of a nest as papers count them, with taps on padding: batch * output pixels * taps * inChannels / groups *
 * outChannels. `denseMacs` leaves the padding out.
 *
 * @example
 * ```ts
 * paddedMacs(convNest({batch: 1, inSize: [4], inChannels: 1, outChannels: 1, kernelSize: [3], padding: 'same'})); // 12
 * ```
 */
export function paddedMacs(nest: LoopNest): number {
  const positions = [0, 1, 2].reduce((product, axis) => product * nest.outSize[axis] * nest.kernelSize[axis], 1);
  return nest.batch * positions * (nest.inChannels / nest.groups) * nest.outChannels;
}
